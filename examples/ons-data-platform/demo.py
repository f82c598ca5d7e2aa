"""A real rollback, from the alarm to healthy users, on a local cloud of its own.

    make demo
    .venv/bin/python examples/ons-data-platform/demo.py [--fast] [--dir .localcloud/demo] [--bin-dir target/debug]

Nothing is acted: the alarm, the state machine, the functions and the requests are real, and all that is said about the
platform is read from it. Exit code 0 if the run completed, the platform is healthy, and what was none of the plan's
business is as it was.
"""

import argparse
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from demonstration import rollback, screen, snapshot, users
from demonstration.cloud import ROOT, Cloud, local_cloud
from demonstration.play import play
from demonstration.screen import DemonstrationFailed
from deployment import names
from deployment.session import Account

REPORT_LINES = 24


def tell(cloud: Cloud, fast: bool) -> None:
    """The story. Raises `DemonstrationFailed` when it does not go as it should."""
    # Everything below, boto3 included, reaches this cloud and nothing else.
    os.environ.clear()
    os.environ.update(cloud.env)
    account = Account()
    ssm = account.client("ssm")
    url, api = (ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in (names.API_URL_PARAMETER, names.API_ID_PARAMETER))
    if fast:
        rollback.hurry(cloud)

    screen.heading("The platform fails")
    screen.explain("The ONS data platform keeps its data in InfluxDB, and its InfluxDB instance is FAILED. Its users are answered so:")
    failing = users.ask(url)
    users.show(failing)
    if any(answer.status == 200 for answer in failing):
        raise DemonstrationFailed("the platform was to fail, and it answers")
    before = snapshot.take(account, api)

    screen.heading("The alarm goes off")
    known = rollback.runs(account, cloud)
    alarmed = datetime.now(timezone.utc)
    rollback.sound_alarm(account)
    screen.explain(f"{names.ALARM}: nothing was written to InfluxDB for 30 minutes. CloudWatch tells the alarm topic, the topic tells trigger.")
    run = rollback.started(account, cloud, known)
    screen.good(f"trigger has started the plan {rollback.PLAN}: run {run}")

    screen.heading("The rollback")
    screen.say(f"   $ backout watch {run}\n")
    rollback.watch(cloud, run)
    report = rollback.report(cloud, run)

    screen.heading("The platform afterwards")
    answers = users.ask(url)
    users.show(answers)
    screen.explain(users.met(cloud.requests, alarmed))

    screen.heading("What has changed")
    after = snapshot.take(account, api)
    snapshot.show(before, after)

    show_report(cloud, run)
    judge(report, answers, snapshot.problems(before, after))


def show_report(cloud: Cloud, run: str) -> None:
    path = rollback.save_report(cloud, run)
    screen.heading("The report")
    screen.say(f"   s3://{cloud.outputs['BucketName']}/reports/{run}/report.md")
    screen.say(f"   backout report {run}   (while this cloud is up)")
    screen.say(f"   {display(path)}   (a copy, to keep)\n")
    for line in path.read_text(encoding="utf-8").splitlines()[:REPORT_LINES]:
        screen.say(f"   │ {line}")
    screen.say("   │ …")


def judge(report: dict, answers: list[users.Answer], problems: list[str]) -> None:
    """Raises `DemonstrationFailed` with everything that is not as it should be."""
    wrong = []
    if report["outcome"] != "completed":
        wrong.append(f"the run ended {report['outcome']}: {report['headline']}")
    wrong += [f"{answer.request} is answered {answer.status or 'not at all'}: {answer.message}" for answer in answers if answer.status != 200]
    wrong += [f"{answer.request} is not answered from Timestream" for answer in answers if answer.body.get("backend") != "timestream"]
    wrong += problems
    if wrong:
        raise DemonstrationFailed("\n  ".join(["", *wrong]))
    screen.heading("Done")
    screen.good(f"{report['headline']}; the platform is healthy, and what was none of the plan's business is as it was")


def display(path: Path) -> Path:
    """Relative to where one stands, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="with shorter waits than the plan's own")
    parser.add_argument("--dir", type=Path, default=ROOT / ".localcloud" / "demo", help="where logs and the report go (.localcloud/demo)")
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "target" / "debug", help="where the binaries are (target/debug)")
    arguments = parser.parse_args()
    directory = arguments.dir.resolve()

    def story() -> None:
        screen.explain("A local cloud comes up, with backout deployed from infra/template.yaml and the platform that it is to save.")
        with local_cloud(directory, arguments.bin_dir.resolve()) as cloud:
            screen.good(f"{cloud.env['AWS_ENDPOINT_URL']}, logs in {display(directory)}")
            tell(cloud, arguments.fast)

    return play(story)


if __name__ == "__main__":
    sys.exit(main())
