"""The names that the platform's resources have, and that its plans refer to."""

APPLICATION = "ons-platform"
ENVIRONMENT = "production"
FLAGS_PROFILE = "feature-flags"
DEPLOYMENT_STRATEGY = "backout-immediate"

API = "ons-data-platform-api"
STAGE = "prod"
API_ID_PARAMETER = "/ons/apigateway/rest-api-id"
API_URL_PARAMETER = "/ons/apigateway/url"

PACKAGE_BUCKET = "ons-lambda-deployments"
RAW_BUCKET = "ons-data-platform-raw-prod"
PROCESSED_BUCKET = "ons-data-platform-processed-prod"

INFLUXDB_INSTANCE = "ons-influxdb-prod"
INFLUXDB_TOKEN_SECRET = "ons-influxdb-token"
TIMESTREAM_DATABASE = "ons_energy_data"
TIMESTREAM_BACKUP_DATABASE = "ons_energy_data_backup"
TABLES = {"generation": "generation_data", "consumption": "consumption_data", "transmission": "transmission_data"}

TIMESTREAM_RULE = "ons-data-platform-timestream-processing"
S3_RULE = "ons-data-platform-s3-processing-rule"
STATE_MACHINE = "ons-data-pipeline"
STATE_MACHINE_ROLLBACK_KEY = "rollback-configs/timestream-state-machine.json"

ALARM = "ons-influxdb-unavailable"
FUNCTION_ROLE = "ons-data-platform-functions"
PIPELINE_ROLE = "ons-data-platform-pipeline"
