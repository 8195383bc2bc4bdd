"""One experiment being watched: computed by a worker on its own thread, looked at through a cursor."""
