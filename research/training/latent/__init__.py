"""A trained stand-in for the latent models that people own: an instrument, never shipped.

No weights of Stable Diffusion can be had where Zoom Stack is made. This is a model of its kind,
small enough to train on two CPU cores, on the pictures of our own picture program: a lossy VAE, a
latent UNet that predicts noise on Stable Diffusion's own noise levels, and a CLIP text encoder.
"""
