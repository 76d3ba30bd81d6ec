"""Partners: EV makers and mobility providers who pay for what is charged on their contracts."""
