//! A run as lines on a terminal.

use backout_engine::{
    action::Nature,
    clock::Timestamp,
    duration::Duration,
    journal::{Journal, Status, Step},
    shown::line,
};

use crate::{
    layout::columns,
    paint::Paint,
    sections::{Guarding, Progress, Section, of_journal},
};

/// A section with more steps than this shows only those that matter.
const MANY: usize = 12;

/// What a step did or is to do; of a check that is over, what it found.
pub fn what(step: &Step) -> String {
    let found = step.conclusion.as_ref().map(|it| it.says.as_str()).filter(|says| !says.is_empty());
    let what = match found {
        Some(found) if step.nature == Nature::Check || is_left_out(step) => found.to_owned(),
        // What a comparison found, or why a rehearsal could not see more.
        Some(found) if step.task.only_looks() && step.status.is_good() => format!("{}: {found}", step.summary),
        _ => step.summary.clone(),
    };
    line(&what)
}

/// Why a step ended badly, and what can be done about it.
pub fn why(step: &Step) -> Vec<String> {
    let Some(conclusion) = step.conclusion.as_ref().filter(|_| step.status.is_bad()) else { return Vec::new() };
    // What a check found stands where its summary stood.
    let cause = Some(&conclusion.says).filter(|says| step.nature != Nature::Check && !says.is_empty()).cloned();
    let advice = conclusion.advice.as_ref().map(|advice| format!("→ {advice}"));
    cause.into_iter().chain(advice).map(|text| line(&text)).collect()
}

/// Whether it never began.
const fn is_left_out(step: &Step) -> bool {
    matches!(step.status, Status::Skipped | Status::Closed)
}

/// Whole seconds: what ticks should not flicker.
fn ticking(duration: Duration) -> String {
    Duration::seconds(u32::try_from(duration.signed().as_secs()).unwrap_or(u32::MAX)).to_string()
}

fn took(step: &Step, now: Timestamp) -> String {
    match (step.took(now), step.status.is_final()) {
        (Some(took), true) => took.to_string(),
        (Some(took), false) => ticking(took),
        (None, _) => String::new(),
    }
}

/// The lines of a section that is under way or over.
pub fn section(section: &Section<'_>, now: Timestamp, paint: Paint) -> Vec<String> {
    let progress = section.progress(now);
    let sign = match progress {
        Progress::Ahead => paint.sign(Status::Planned),
        Progress::UnderWay => paint.sign(Status::Started),
        Progress::Over(status) => paint.sign(status),
    };
    let took = match (section.took(now), progress) {
        (Some(took), Progress::Over(_)) => took.to_string(),
        (Some(took), _) => ticking(took),
        (None, _) => String::new(),
    };
    let name = paint.strong(&section.name);
    if section.all().all(is_left_out) {
        let why = section.all().next().map(what).unwrap_or_default();
        return vec![format!("{sign} {took:>6}  {}", paint.faint(format!("{}: {why}", section.name)))];
    }
    if let Some(guarding) = &section.guarding {
        let mut lines = vec![format!("{sign} {took:>6}  {name}  {}", rung(section, guarding, now, paint))];
        lines.extend(section.all().flat_map(why).map(|why| format!("{:14}{}", "", paint.bad(why))));
        return lines;
    }
    let mut lines = vec![format!("{sign} {took:>6}  {name}")];
    lines.extend(steps(&section.steps, now, paint));
    lines
}

/// A rung on one line: what it sets, and how far its guards are.
fn rung(section: &Section<'_>, guarding: &Guarding<'_>, now: Timestamp, paint: Paint) -> String {
    let set: Vec<String> = section.steps.iter().map(|step| what(step)).collect();
    let judged = match section.held_until() {
        Some(until) if now < until => {
            let left = Duration::between(now, until).seconds_up();
            paint.busy(format!(" · held, {} left", Duration::seconds(left))).to_string()
        }
        _ => guarding.steps.iter().map(|guard| judgement(guard, paint)).collect(),
    };
    format!("{}{judged}", set.join(", "))
}

fn judgement(guard: &Step, paint: Paint) -> String {
    match guard.status {
        Status::Planned => String::new(),
        Status::Issued | Status::Started => paint.busy(" · being judged").to_string(),
        status => format!(" · {} {}", paint.sign(status), what(guard)),
    }
}

fn steps(steps: &[&Step], now: Timestamp, paint: Paint) -> Vec<String> {
    let few = steps.len() <= MANY;
    let matters =
        |step: &&&Step| few || step.status.is_bad() || matches!(step.status, Status::Issued | Status::Started);
    let shown: Vec<&Step> = steps.iter().filter(matters).take(MANY * 2).copied().collect();
    let rows: Vec<_> = shown
        .iter()
        .map(|step| {
            [
                format!("  {} {:>6}", paint.sign(step.status), took(step, now)),
                step.id.to_string(),
                progress(step, paint),
            ]
        })
        .collect();
    let mut lines = Vec::new();
    for (step, row) in shown.iter().zip(columns(&rows)) {
        lines.push(row);
        lines.extend(why(step).into_iter().map(|why| format!("{:14}{}", "", paint.bad(why))));
    }
    if shown.len() < steps.len() {
        let done = steps.iter().filter(|step| step.status.is_final()).count();
        lines.push(format!("{:12}{}", "", paint.faint(format!("{done} of {} steps are over", steps.len()))));
    }
    lines
}

fn progress(step: &Step, paint: Paint) -> String {
    let mut text = what(step);
    if step.status.is_final() {
        return text;
    }
    if let (Some(within), Status::Issued) = (step.within, step.status) {
        text.push_str(&paint.busy(format!(" · waits up to {within}")).to_string());
    }
    if let Some(last) = &step.last_write {
        text.push_str(&paint.warning(format!(" · {}; looking again", line(&last.fault().to_string()))).to_string());
    }
    if step.issues > 1 {
        text.push_str(&paint.warning(format!(" · handed out {} times", step.issues)).to_string());
    }
    text
}

/// The sections from that one on that nothing more happens in: how many they are, and their lines.
pub fn finished(journal: &Journal, from: usize, now: Timestamp, paint: Paint) -> (usize, Vec<String>) {
    let ended = journal.run.outcome.is_some();
    let sections = of_journal(journal);
    let (mut count, mut lines, mut not_begun) = (0, Vec::new(), Vec::new());
    for (index, section) in sections.iter().enumerate().skip(from) {
        let is_given_up = section.is_given_up();
        // Those that are given up at the end of a run are named together; before that, those that it has passed by.
        let is_passed_by = || sections.iter().skip(index + 1).any(Section::has_begun);
        let is_over = matches!(section.progress(now), Progress::Over(_)) && (!is_given_up || is_passed_by());
        // After the end of a run nothing is awaited any more, whatever the state of a section.
        if !ended && !is_over {
            break;
        }
        count += 1;
        if is_given_up {
            not_begun.push(section.name.as_str());
        } else {
            lines.extend(not_begun_line(&std::mem::take(&mut not_begun), paint));
            lines.extend(self::section(section, now, paint));
        }
    }
    lines.extend(not_begun_line(&not_begun, paint));
    (count, lines)
}

fn not_begun_line(names: &[&str], paint: Paint) -> Option<String> {
    let line = || paint.faint(format!("not begun: {}", names.join(", ")));
    (!names.is_empty()).then(|| format!("{}         {}", paint.sign(Status::Closed), line()))
}

/// What is under way, and what is still to come: the part of the screen that changes.
pub fn region(journal: &Journal, now: Timestamp, paint: Paint) -> Vec<String> {
    let sections = of_journal(journal);
    let mut lines: Vec<String> = sections
        .iter()
        .filter(|section| section.progress(now) == Progress::UnderWay)
        .flat_map(|it| self::section(it, now, paint))
        .collect();
    let ahead: Vec<&str> = sections
        .iter()
        .filter(|section| section.progress(now) == Progress::Ahead)
        .map(|section| section.name.as_str())
        .collect();
    lines.push(foot(journal, &ahead, now, paint));
    lines
}

fn foot(journal: &Journal, ahead: &[&str], now: Timestamp, paint: Paint) -> String {
    let run = &journal.run;
    let elapsed = Duration::between(run.started_at, run.ended_at.unwrap_or(now));
    let clock = match run.deadline {
        Some(deadline) if elapsed > deadline => paint.warning(format!("{} of {deadline}", ticking(elapsed))),
        Some(deadline) => paint.strong(format!("{} of {deadline}", ticking(elapsed))),
        None => paint.strong(ticking(elapsed)),
    };
    let next = match (ahead, run.outcome) {
        (_, Some(_)) => " · writing the report".to_owned(),
        ([], None) => String::new(),
        ([next], None) => format!(" · then {next}"),
        ([next, rest @ ..], None) => format!(" · then {next} and {} more", rest.len()),
    };
    format!("  {clock:>6}{}", paint.faint(next))
}
