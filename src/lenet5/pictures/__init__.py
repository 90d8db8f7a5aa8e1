"""Pictures as people hand them over: opened, their ink found, a glyph made into MNIST's 28×28.

opening      a file, an array or a PIL image, as pixels     ink        what of the pixels a pen has left
sheet        the sheet of paper in a picture                masks      ink as true and false, and what is done with it
tiles        light writing in dark tiles                    normalise  a glyph as MNIST would hold it
highlighter  bars over writing                              saving     a picture as a PNG file
dropout      boxes printed in a colour of their own         dither     greys out of dots
"""
