"""The compiled arithmetic: one file for each kind of layer, its forward, gradient and curvature side by side.

entries       the kernels that Python calls, and the arrays that they work in; without numba, as plan and strokes
plan          where every tensor and map lies in memory, for one architecture and one size of picture
convolution   C1, C3               subsampling   S2, S4
full          C5, F6, OUTPUT       squash        the squashing functions
output        penalties and losses
single        one picture at a time: forward, gradient, curvature, the online pass
bulk          many pictures at a time: forward
batch         many pictures at a time: gradient
distortion    pictures moved, scaled, sheared and bent
strokes       what a pen leaves, and the cheapest ways down through it
update        Adam's and Muon's steps of the weights

How they become machine code: `lenet5.machine`.

A picture's map is one run of rows. A row may be longer than the map is wide; what lies beyond the width is
rubbish that nobody reads in the forward direction, and zero in the backward direction.
"""
