"""Reading of millions of pictures, on one machine or many. Each shard is read and committed once.

sources    folders, tars and Parquet files, as shards of pictures
parts      what is read of a shard, and how it is committed; all parts as one file
worker     one shard after the other, with a reader of its own
local      the processes of this machine        cluster    the actors of a Ray cluster
job        all of it: what is left to do, progress, the end
"""

from __future__ import annotations

from lenet5.bulk.job import Progress, read

__all__ = ["Progress", "read"]
