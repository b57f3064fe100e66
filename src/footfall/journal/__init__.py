"""Raw requests, durable, in order, until mapped and as long as retention says. One writer; readers by position."""
