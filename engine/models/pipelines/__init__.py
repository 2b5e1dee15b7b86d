"""Stock pipelines of diffusers as models: one row a family, one adapter for all."""
