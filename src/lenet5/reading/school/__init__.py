"""How the reader's networks are taught, calibrated and measured. Reading needs nothing of this.

lessons         all that is shown to the networks         teach          networks from lessons, calibrated
doodles, signs  drawings that are no digit                 evaluate       the reader on labelled pictures
composed_lines  lines of digits, drawn for these           corrections    samples of what was corrected
hand            one's own hand, taught
"""
