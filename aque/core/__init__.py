"""The library: everything that knows what a task is. Commands and screens stand on it and never reach past it."""
