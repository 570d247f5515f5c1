"""The parts of the swarm in ../locustfile.py: what a shop's visitors ask for, what the answers must be, and the verdict."""
