"""What `appconfig/flag` meets, and what it leaves."""

import boto3
import holder


def canaries(canary):
    holder.flags(canary)


def tidy():
    """Versions are listed in pages: with more of them each case would make other calls than the one before."""
    appconfig = boto3.client("appconfig")

    def only(name, items):
        [identifier] = [item["Id"] for item in items if item["Name"] == name]
        return identifier

    application = only("ons-platform", appconfig.list_applications()["Items"])
    environment = only("production", appconfig.list_environments(ApplicationId=application)["Items"])
    profile = only("feature-flags", appconfig.list_configuration_profiles(ApplicationId=application)["Items"])
    [newest] = appconfig.list_deployments(ApplicationId=application, EnvironmentId=environment, MaxResults=1)["Items"]
    place = {"ApplicationId": application, "ConfigurationProfileId": profile}
    for version in appconfig.list_hosted_configuration_versions(**place)["Items"]:
        if str(version["VersionNumber"]) != newest["ConfigurationVersion"]:
            appconfig.delete_hosted_configuration_version(**place, VersionNumber=version["VersionNumber"])
