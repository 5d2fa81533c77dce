"""What bucketops promises, shown on the real programs: S3 server, Flux, Kubernetes, Terraform, the Civo provider."""
