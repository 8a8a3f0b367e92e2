"""Pictures as plain geometry: numbers in, frozen shapes out. Templates draw them as SVG."""
