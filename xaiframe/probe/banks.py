"""The bank of questions behind each direction."""

from collections.abc import Mapping

from xaiframe.probe.bank import Bank
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.gradients import GradientBank

BANKS: Mapping[str, type[Bank]] = {"perturbation": CoalitionBank, "gradient": GradientBank}
