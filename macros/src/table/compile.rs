//! Finds the tables and compiles them.

mod walk;
mod write;

use std::slice;

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut as _};
use syn::{Arm, Attribute, Expr, ExprMatch, ImplItem, ItemImpl, Pat, Path, Stmt, parse_quote};

use crate::model::Server;
use crate::model::callbacks::Kind;
use crate::model::roles::Role;
use crate::options::Options;
use crate::report::Report;
use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, cfgs, parameter_names, says};
use crate::table::describe::{self, action, docs, written};
use crate::table::hidden::Left;
use crate::table::model::{self, Protocol, Table};
use crate::table::pattern::{Convert, Converted};
use crate::table::rewrite::split;
use crate::table::site::{self, Data, Mode, Place, Site, binds};
use crate::table::staged::{self, Staged};
use crate::table::state::{self, States};
use crate::table::ways::{Acting, Ways};
use crate::table::written::part;
use crate::table::{anew, closes, count, edges, literal, name, reach, stages, typed};

/// Compiles every table of the block, and reports its mistakes.
pub(crate) fn compile(block: &mut ItemImpl, server: &Server, options: &Options, report: &mut Report) -> Protocol {
    let limits = reach::Limits::of(block, options);
    let mut protocol = Protocol::default();
    let generic = parameter_names(&block.generics);
    let sends = sends(server);
    let acting = options.state.as_ref().map(|states| Acting::of(block, states));
    let staged = Staged::of(block, options);
    if let Some(acting) = &acting {
        protocol.edges = edges::of(block, acting, stages::parameter(server, options));
    }
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let data = (function.sig.ident == "handle_call").then(|| data(server)).flatten();
        let lent = anew::lent(&function.sig);
        let state = data.as_ref().and_then(|_| stages::parameter(server, options));
        let mut tables = Tables {
            krate: &options.krate,
            ignore_case: options.ignore_case,
            data: data.as_ref(),
            lent: &lent,
            sends: &sends,
            generic: &generic,
            shadowed: false,
            state,
            context: States::Any,
            acting: acting.as_ref(),
            staged: staged.as_ref(),
            within: false,
            limits: &limits,
            report,
            protocol: &mut protocol,
        };
        if tables.data.is_some() {
            closes::mark(&mut function.block);
        }
        tables.walk().visit_block_mut(&mut function.block);
    }
    name::judge(&protocol.listed(), report);
    let others = [Kind::HandleInfo, Kind::Passive].map(|kind| server.callback(kind));
    if others.iter().all(Option::is_none) {
        protocol.ends = stages::ends(&protocol.listed(), &protocol.edges);
    }
    protocol
}

/// Returns the name of `handle_call`'s socket.
fn sends(server: &Server) -> Vec<String> {
    let socket = server
        .callback(Kind::HandleCall)
        .and_then(|call| call.parameter(Role::Socket)?.name.as_ref());
    socket.map(ToString::to_string).into_iter().collect()
}

fn data(server: &Server) -> Option<Data> {
    let (frame, parameter) = server.frame();
    let parameter = parameter.filter(|parameter| parameter.role == Role::Frame)?;
    Some(Data {
        name: parameter.name.clone()?,
        frame,
    })
}

struct Tables<'t> {
    krate: &'t Path,
    ignore_case: bool,
    data: Option<&'t Data>,
    /// The parameters that are `&mut T`.
    lent: &'t [Ident],
    /// The parameters by which a call can send more than its reply.
    sends: &'t [String],
    /// The names that only exist in the block.
    generic: &'t [String],
    /// Whether another variable hides the data parameter here.
    shadowed: bool,
    /// The parameter that is the state, unless another variable hides it here.
    state: Option<state::Parameter>,
    /// The states in which this code runs.
    context: States,
    acting: Option<&'t Acting<'t>>,
    staged: Option<&'t Staged<'t>>,
    /// Whether this is inside an arm of a listed table.
    within: bool,
    limits: &'t reach::Limits,
    report: &'t mut Report,
    protocol: &'t mut Protocol,
}

impl<'t> Tables<'t> {
    fn table(&mut self, table: &mut ExprMatch, site: &Site, names: &[Vec<Attribute>], is_the_action: bool) {
        let mistakes = self.report.len();
        let length = match bare_expr(&table.expr) {
            Expr::Tuple(tuple) => tuple.elems.len(),
            _ => 0,
        };
        let listed = site.of_frames && !self.within;
        let place = self.place(table);
        let constants = self.constants(table, site);
        let mut arms = Vec::new();
        let mut read = Vec::new();
        for (at, arm) in table.arms.iter_mut().enumerate() {
            let (mut model, converted) = self.read(arm, at, site, length, place);
            if let Some(name) = name::read(&names[at], self.report).filter(|_| listed) {
                model.name = name.value();
                model.named = Some(name.span());
            }
            if is_the_action {
                (model.closes, model.replies) = closes::closes(&arm.body);
                if self.sends.iter().any(|socket| says(arm.body.to_token_stream(), socket)) {
                    model.replies = closes::Replies::Unknown;
                }
            }
            model.ways = self.acting.map(|acting| {
                if is_the_action {
                    acting.arm(arm)
                } else {
                    Ways::anywhere()
                }
            });
            arms.push(model);
            read.push(converted);
        }
        let compiled = Table {
            of_frames: site.of_frames,
            listed,
            is_slice: site.is_slice,
            arms,
        };
        let staged = self.staged;
        let left = staged.map(|staged| move |span: Span, arms: &[&States]| staged.left(span, arms));
        let left: Option<Left> = left.as_ref().map(|left| left as Left);
        let judged = reach::check(&compiled, self.limits, self.ignore_case, left, self.report);
        let lacks_the_rest = !self.is_typed(site) && reach::lacks_the_rest(&compiled);
        if lacks_the_rest {
            self.report.error_at(
                table.match_token.span,
                "this table has no arm for the rest: a peer may send anything, so add one, like `_ => close`",
            );
        }
        let place = place.filter(|_| !lacks_the_rest);
        let checks = self.stages(&compiled, place, table.match_token.span, site);
        if !is_as_is(&site.place) {
            self.write(table, site, &compiled, read);
        }
        for (at, statement) in constants {
            count::say_first(&mut table.arms[at], statement);
        }
        for (at, statement) in checks {
            count::say_first(&mut table.arms[at], statement);
        }
        for judged in judged {
            let arm = &mut table.arms[judged.arm];
            arm.attrs.push(parse_quote!(#[allow(unreachable_patterns)]));
            count::say_first(arm, judged.statement(self.krate));
        }
        let before = self.protocol.listed().len();
        self.protocol.tables.push(compiled);
        if listed {
            count::mark(table, &self.protocol.listed(), before, self.krate);
        }
        if self.report.len() > mistakes {
            silence_followups(table);
        }
    }

    /// Returns the place of the state in what a table matches.
    fn place(&self, table: &ExprMatch) -> Option<staged::Place> {
        let Expr::Tuple(tuple) = bare_expr(&table.expr) else {
            return None;
        };
        let state = self.state.as_ref()?;
        let at = tuple.elems.iter().position(|element| state.is(element))?;
        Some(staged::Place {
            at,
            length: tuple.elems.len(),
        })
    }

    /// Returns the checks of a table by its states, each with the arm before whose value it stands.
    fn stages(&self, table: &Table, place: Option<staged::Place>, span: Span, site: &Site) -> Vec<(usize, Stmt)> {
        let Some(staged) = self.staged.filter(|_| site.of_frames && !self.is_typed(site)) else {
            return Vec::new();
        };
        let rest = place.and_then(|place| staged.rest(table, place, span));
        let mut checks: Vec<(usize, Stmt)> = rest.into_iter().map(|check| (0, check)).collect();
        for (at, arm) in table.arms.iter().enumerate() {
            checks.extend(arm.cases.iter().filter_map(|case| Some((at, staged.possible(case)?))));
        }
        checks
    }

    /// Returns the checks of constants that frames are compared with, by arm. The name in the last
    /// arm may be a variable.
    fn constants(&self, table: &ExprMatch, site: &Site) -> Vec<(usize, Stmt)> {
        let is_known = matches!(site.place, Place::Whole(_)) && (site.is_text || site.is_slice);
        let others = table.arms.iter().enumerate().rev().skip(1).filter(|_| is_known);
        let sure = others.filter(|(_, arm)| arm.attrs.iter().all(|attribute| cfgs(attribute).is_empty()));
        sure.filter_map(|(at, arm)| Some((at, literal::constant(arm, site.is_text, self.generic, self.krate)?)))
            .collect()
    }

    /// Returns whether it matches frames that aren't bytes. Then rustc knows what the arms match,
    /// and whether they are exhaustive.
    fn is_typed(&self, site: &Site) -> bool {
        let is_typed = self.data.is_some_and(|data| data.frame.is_typed());
        is_typed && site.of_frames && is_as_is(&site.place)
    }

    /// Reads an arm, and returns it with its Rust pattern. Returns `None` after a mistake.
    fn read(
        &mut self,
        arm: &mut Arm,
        at: usize,
        site: &Site,
        length: usize,
        place: Option<staged::Place>,
    ) -> (model::Arm, Option<Converted>) {
        let docs = docs(arm);
        let (pattern, guard) = split(&arm.pat);
        let is_typed = self.is_typed(site);
        let mut convert = Convert {
            krate: self.krate,
            ignore_case: self.ignore_case,
            data: self.visible(),
            report: self.report,
            is_typed,
            state: self.state.as_ref().zip(place.map(|place| place.at)),
            states: self.context.clone(),
            cases: Vec::new(),
            frames: Vec::new(),
        };
        let converted = convert.arm(&pattern, &site.place, length);
        let (mut cases, frames) = (convert.cases, convert.frames);
        let states = cases.iter().map(|case| case.states.clone()).reduce(States::or);
        let (own_name, pattern) = if is_typed {
            cases.clear();
            (typed::name(&pattern), part(&pattern))
        } else {
            (describe::name(&cases), written(&pattern))
        };
        let cfgs: Vec<Attribute> = arm.attrs.iter().flat_map(cfgs).collect();
        let model = model::Arm {
            name: own_name.unwrap_or_else(|| format!("arm_{}", self.protocol.listed().len() + at + 1)),
            named: None,
            pattern,
            docs,
            action: action(&arm.body),
            closes: closes::Closes::Unknown,
            replies: closes::Replies::Unknown,
            span: arm.pat.span(),
            states: states.unwrap_or_else(|| self.context.clone()),
            ways: None,
            guarded: guard.is_some(),
            cfgs,
            cases,
            frames,
        };
        (model, converted)
    }

    fn matched(&mut self, table: &mut ExprMatch) {
        let site = site::of(&table.expr, &table.arms, self.data, self.shadowed);
        let patterns: Vec<Pat> = table.arms.iter().map(|arm| split(&arm.pat).0).collect();
        let length = match bare_expr(&table.expr) {
            Expr::Tuple(tuple) => tuple.elems.len(),
            _ => 0,
        };
        let place = site.as_ref().map(|site| &site.place);
        for arm in &mut table.arms {
            literal::warn_inside(&mut arm.pat, place, length, self.report);
        }
        let is_the_action = closes::take_mark(&mut table.attrs);
        let names: Vec<Vec<Attribute>> = table.arms.iter_mut().map(name::take).collect();
        if !site.as_ref().is_some_and(|site| site.of_frames && !self.within) {
            for names in &names {
                name::refuse(names, self.report);
            }
        }
        let again = anew::plan(table, place, self.lent);
        let scrutinee_first = &mut *table.expr;
        self.expr(scrutinee_first);
        if let Some(site) = &site {
            self.table(table, site, &names, is_the_action);
        }
        let within = self.within;
        self.within |= site.is_some_and(|site| site.of_frames);
        let by_state = self.state.clone().filter(|state| state.is(&table.expr));
        let outer = self.context.clone();
        for (at, arm) in table.arms.iter_mut().enumerate() {
            if let Some(state) = &by_state {
                self.context = state.read(&patterns[at]).within(&outer);
            }
            let pattern = patterns.get(at).map_or(&[][..], slice::from_ref);
            self.under(pattern, &mut |tables| visit_mut::visit_arm_mut(tables, arm));
        }
        self.within = within;
        self.context = outer;
        for (at, statement) in again {
            count::say_first(&mut table.arms[at], statement);
        }
    }

    /// Returns the data parameter, unless another variable hides it.
    fn visible(&self) -> Option<&'t Data> {
        self.data.filter(|_| !self.shadowed)
    }

    /// Visits the code in which these patterns' names are known.
    fn under(&mut self, patterns: &[Pat], visit: &mut dyn FnMut(&mut dyn Walk)) {
        let before = (self.shadowed, self.state.clone());
        if let Some(data) = self.data {
            self.shadowed |= patterns.iter().any(|pattern| binds(pattern, &data.name));
        }
        self.state = self
            .state
            .take()
            .filter(|state| !patterns.iter().any(|pattern| binds(pattern, &state.name)));
        visit(self);
        (self.shadowed, self.state) = before;
    }
}

fn is_as_is(place: &Place) -> bool {
    match place {
        Place::Whole(mode) => *mode == Mode::AsIs,
        Place::Tuple(positions) => positions.iter().all(|(_, mode)| *mode == Mode::AsIs),
    }
}

/// Silences rustc's errors and warnings that would follow a reported mistake.
fn silence_followups(table: &mut ExprMatch) {
    table.arms.push(parse_quote!(_ => ::core::unreachable!(),));
    for arm in &mut table.arms {
        arm.attrs
            .push(parse_quote!(#[allow(unreachable_patterns, unused_variables)]));
    }
}
