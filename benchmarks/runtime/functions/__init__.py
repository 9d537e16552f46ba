"""What the runtime clients serve; a module for each application, so that none pays for another."""
