// Loaded into the jsii kernel by NODE_OPTIONS=--require (see __init__.py). A provider's index.js requires each
// of its modules, for aws 224 MB of JavaScript; here each becomes a getter that requires it when it is asked for.
'use strict';

const Module = require('module');

const PROVIDER_INDEX = /[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/](?:[^\\/]+[\\/]){0,2}lib[\\/]index\.js$/;
const SOURCE_MAP = /\n\/\/# sourceMappingURL=[\s\S]*$/;
// A line of another form matches nothing and stays as it is: merely slow.
const EXPORT = /^exports\.(\w+) = ((?:__importStar\()?require\("\.\/[\w/-]+"\)\)?);$/gm;
const GETTER = 'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => $2 });';

const load = Module._extensions['.js'];

Module._extensions['.js'] = function loadLazily(module, filename) {
  if (PROVIDER_INDEX.test(filename)) {
    const compile = module._compile;
    module._compile = function compileLazily(code, ...rest) {
      module._compile = compile;
      return compile.call(module, code.replace(SOURCE_MAP, '').replace(EXPORT, GETTER), ...rest);
    };
  }
  return load(module, filename);
};
