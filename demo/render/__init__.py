"""Pictures from arrays: nothing here opens, decides or measures."""
