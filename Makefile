# What `sam build` runs for the layer of template.yaml, inside a copy of the package's folder.
build-AsgiLambda:
	mkdir -p "$(ARTIFACTS_DIR)/python"
	cp -R . "$(ARTIFACTS_DIR)/python/asgi_lambda"
	cp runtime/asgi-lambda-runtime runtime/asgi_lambda_bootstrap.py "$(ARTIFACTS_DIR)"
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -r {} +
