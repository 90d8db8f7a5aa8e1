// What all views share.
// picture: the digit, 28×28 bytes as in MNIST; files: dropped on a view that takes none, for Read
// desk: the pictures that are open in Read, and the number of the one that is shown

export const state = { picture: null, files: [], desk: { pictures: [], at: 0 } };
