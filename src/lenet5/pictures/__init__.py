"""Pictures as people hand them over: opened, their ink found, a glyph made into MNIST's 28×28.

opening    a file, an array or a PIL image, as pixels       ink        what of the pixels a pen has left
masks      ink as true and false, and what can be done      normalise  a glyph as MNIST would hold it
           with that                                       saving     a picture as a PNG file
"""
