"""The compiled arithmetic: one file for each kind of layer, its forward, gradient and curvature side by side.

lanes         vectors of float32, the processor's own width
compiled      how a kernel is compiled, and where the machine code is kept
plan          where every tensor and map lies in memory, for one architecture and one size of picture
convolution   C1, C3               subsampling   S2, S4
full          C5, F6, OUTPUT       squash        the squashing functions
output        penalties and losses
single        one picture at a time: forward, gradient, curvature, the online pass
bulk          many pictures at a time: forward
batch         many pictures at a time: gradient
distortion    pictures moved, scaled, sheared and bent
seams         the cheapest way through a picture's columns
strips        how a map is cut into strips of vectors
update        Adam's and Muon's steps of the weights
peak          the multiply-adds that the processor can do at most
threads       the pool of threads that kernels run on

A picture's map is one run of rows. A row may be longer than the map is wide; what lies beyond the width is
rubbish that nobody reads in the forward direction, and zero in the backward direction.
"""
