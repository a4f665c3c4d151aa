"""Gradient estimators: which phases are run, and how a gradient is made of them; one class an estimator."""

from analogep.estimators.base import ESTIMATORS, Contour, Estimator, Stencil, estimator_named, real_estimators

__all__ = ["ESTIMATORS", "Contour", "Estimator", "Stencil", "estimator_named", "real_estimators"]
