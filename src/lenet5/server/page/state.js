// What all views share.
// picture: the digit, 28×28 bytes as in MNIST
// files: dropped on a view that takes none, for Read

export const state = { picture: null, files: [] };
