"""A small shop to try Footfall with: pages, visitors, a month of history."""
