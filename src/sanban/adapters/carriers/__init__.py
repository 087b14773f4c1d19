"""Carriers: the channels on which parcels leave the house, each with the memory twin that tests and the demo use."""

from sanban.adapters.carriers.memory import MemoryCarrier
from sanban.adapters.carriers.providers import ProviderCarrier
from sanban.adapters.carriers.receivers import ReceiverCarrier, looked_up

__all__ = ["MemoryCarrier", "ProviderCarrier", "ReceiverCarrier", "looked_up"]
