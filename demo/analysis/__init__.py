"""Numbers from arrays: no pictures, no files, no networks; numpy and scipy only."""
