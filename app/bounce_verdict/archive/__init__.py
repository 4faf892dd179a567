"""Years of bounces judged on a Dask cluster: shards in, shards out. Needs the extra `archive`."""
