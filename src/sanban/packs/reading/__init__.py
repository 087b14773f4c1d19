"""From the nodes of a matter's files to kernel values, with every fault kept on the way."""
