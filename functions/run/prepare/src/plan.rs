//! The plan of a run: found by name, pinned by version, read.

use backout_aws::{NOT_TEXT, Plans, StoredPlan};
use backout_catalogue::CATALOGUE;
pub use backout_engine::plan::given::chosen;
use backout_engine::{
    code::Code,
    fault::Fault,
    ids::PlanName,
    journal::{Pinned, Refusal},
    plan::{Parsed, Problems, nearest, parse},
};

use crate::stop::{Stop, refuse};

/// A plan as a run has it.
pub struct Loaded {
    /// The plan.
    pub parsed: Parsed,
    /// Which text of it.
    pub pinned: Pinned,
}

/// The plan of that name as it is stored now.
pub async fn find(plans: &Plans, name: &str) -> Result<Loaded, Stop> {
    let stored = match name.parse::<PlanName>() {
        Ok(name) => plans.get(&name).await.map_err(unreadable)?,
        Err(_) => None,
    };
    match stored {
        Some(stored) => read(stored),
        None => Err(unknown(plans, name).await?),
    }
}

/// The plan that a run has pinned.
pub async fn load(plans: &Plans, pinned: &Pinned) -> Result<Loaded, Stop> {
    match plans.get_version(&pinned.plan, &pinned.version).await.map_err(unreadable)? {
        Some(stored) if stored.sha256 == pinned.sha256 => read(stored),
        _ => {
            let what =
                format!("the version {} of the plan `{}` is not in the bucket any more", pinned.version, pinned.plan);
            Err(refuse(Code::UnknownPlan, what, "start the plan again: a new run takes the plan as it is stored now"))
        }
    }
}

/// What is no text is refused like any other plan that is none.
fn unreadable(fault: Fault) -> Stop {
    if fault.code != NOT_TEXT {
        return fault.into();
    }
    refuse(Code::BrokenYaml, fault.message, fault.advice.unwrap_or_default())
}

async fn unknown(plans: &Plans, name: &str) -> Result<Stop, Fault> {
    let names = plans.names().await?;
    let what = format!("there is no plan `{name}`");
    let help = match (nearest(name, names.iter().map(PlanName::as_str)), names.is_empty()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, true) => "no plan is stored yet: backout plans push FILE".into(),
        (None, false) => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("there are {}", names.join(", "))
        }
    };
    Ok(refuse(Code::UnknownPlan, what, help))
}

fn read(stored: StoredPlan) -> Result<Loaded, Stop> {
    let file = format!("plans/{}.yaml", stored.name);
    let parsed = parse(&file, &stored.text, &CATALOGUE).map_err(|problems| refusal(&problems))?;
    let pinned = Pinned { plan: stored.name, version: stored.version, sha256: stored.sha256 };
    Ok(Loaded { parsed, pinned })
}

/// A stored plan that cannot be used: the first problem's code, and all of them in words.
pub fn refusal(problems: &Problems) -> Refusal {
    Refusal {
        code: problems.0.first().map_or(Code::Internal, |problem| problem.code),
        what: problems.to_string(),
        help: Some("mend the plan, then: backout check FILE && backout plans push FILE".into()),
    }
}
