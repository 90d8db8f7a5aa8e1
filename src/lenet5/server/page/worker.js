// The worker that learns.
