"""An AWS on this machine: moto, plus what moto lacks."""
