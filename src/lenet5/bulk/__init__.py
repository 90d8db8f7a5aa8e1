"""Reading of millions of pictures, on one machine or many. Each shard is read and committed once.

places     folders of this machine, and addresses as s3://bucket/folder
kinds      a folder, a tar, a Parquet or a CSV file: how each is cut, and gives its pictures
sources    what is to be read, as shards of pictures
tables     the columns and the forms of the output
parts      what is read of a shard, and how it is committed; all parts as one file
worker     one shard after the other, with a reader of its own
local      the processes of this machine        cluster    the actors of a Ray cluster
job        all of it: what is left to do, progress, the end
"""

from __future__ import annotations

from lenet5.bulk.job import Progress, read
from lenet5.bulk.kinds import Columns

__all__ = ["Columns", "Progress", "read"]
