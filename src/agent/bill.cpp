#include "agent/bill.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "provider/estimate.hpp"

namespace errand::agent {

namespace {

std::int64_t used_tokens(const Spent& spent) {
  return spent.usage.total() + spent.unreported_tokens;
}

// Who may spend only so much, for messages.
struct Party {
  std::string_view name;
  const chat::Limits& limits;
  const Spent& spent;  // reserved included
};

Result<void> check_tokens(const Party& party, std::int64_t more) {
  const auto most = party.limits.max_tokens;
  const auto used = used_tokens(party.spent);
  if (most <= 0) return {};
  if (used >= most) {
    return fail(ErrorKind::limit, fmt::format("{} used {} tokens of the {} it may", party.name, used, most),
                "raise --max-tokens or limits.max_tokens");
  }
  if (used + party.spent.reserved_tokens + more < most) return {};
  return fail(ErrorKind::limit,
              fmt::format("the next request has at least {} tokens, and {} used {} of the {} it may", more, party.name,
                          used, most),
              "raise --max-tokens or limits.max_tokens, or give it less to read");
}

Result<void> check_turns(const Party& party) {
  const auto most = party.limits.max_turns;
  if (party.spent.turns < most) return {};
  return fail(ErrorKind::limit, fmt::format("{} reached its limit of {}", party.name, text::count_of(most, "turn")),
              "raise --max-turns or limits.max_turns, or continue the session with -c");
}

tl::unexpected<Error> money_ran_out(std::string message, std::string hint) {
  return fail(Error{.kind = ErrorKind::limit,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .code = std::string(money_spent)});
}

Result<void> check_cost(const Party& party, double more) {
  const auto most = party.limits.max_cost_usd;
  if (most <= 0) return {};
  const auto used = party.spent.presumed_usd;
  const auto* cost = party.spent.cost_usd ? "cost" : "cost, as far as is known,";
  if (used >= most) {
    return money_ran_out(fmt::format("{} {} {} of the {} it may", party.name, cost, format_usd(used), format_usd(most)),
                         "raise --max-cost or limits.max_cost_usd");
  }
  if (used + party.spent.reserved_usd + more < most) return {};
  return money_ran_out(fmt::format("the next request costs at least {}, and {} {} {} of the {} it may",
                                   format_usd(more), party.name, cost, format_usd(used), format_usd(most)),
                       "raise --max-cost or limits.max_cost_usd, or give it less to read");
}

Result<void> check_party(const Party& party, const Estimate& more) {
  ERRAND_TRY(check_tokens(party, more.tokens));
  return check_cost(party, more.usd);
}

void add_reply(Spent& spent, const provider::Reply& reply) {
  spent.usage += reply.message.usage;
  spent.api_time += reply.api_time;
  if (!reply.cost_usd) spent.cost_usd.reset();
  if (spent.cost_usd) *spent.cost_usd += *reply.cost_usd;
  spent.presumed_usd += reply.cost_usd.value_or(reply.presumed_usd);
  spent.unreported_tokens += reply.unreported.total();
}

// In USD for a million tokens, of the models that may answer; nullopt: none is known.
std::optional<double> highest_output_price(const provider::Provider& provider) {
  std::optional<double> out;
  for (const auto* model : provider.models()) {
    if (model->price) out = std::max(model->price->output, out.value_or(0));
  }
  return out;
}

std::optional<std::int64_t> output_left_of(const Party& party, std::optional<double> price) {
  std::optional<std::int64_t> left;
  if (party.limits.max_tokens > 0) {
    left = party.limits.max_tokens - used_tokens(party.spent) - party.spent.reserved_tokens;
  }
  if (party.limits.max_cost_usd > 0 && price && *price > 0) {
    const auto money = party.limits.max_cost_usd - party.spent.presumed_usd - party.spent.reserved_usd;
    const auto affordable = static_cast<std::int64_t>(money / *price * 1e6);
    left = left ? std::min(*left, affordable) : affordable;
  }
  return left;
}

}  // namespace

std::int64_t longest_output(const chat::ModelSpec& model, const provider::Request& request) {
  constexpr std::int64_t usual = 8192;  // where the model's own is unknown
  if (request.generation.max_output > 0) return request.generation.max_output;
  return model.max_output > 0 ? model.max_output : usual;
}

Estimate estimate_next(const provider::Provider& provider, const provider::Request& request,
                       std::int64_t measured_tokens, std::size_t measured_messages) {
  const bool measured = measured_tokens > 0 && measured_messages <= request.history.size();
  Estimate out;
  const auto first_new = measured ? measured_messages : 0;
  for (auto i = first_new; i < request.history.size(); ++i) out.tokens += provider::estimate_tokens(request.history[i]);
  const auto price = provider.model().price;
  if (price) {
    // What was sent before is mostly cached by now.
    const auto known = price->cache_read > 0 ? price->cache_read : price->input;
    out.usd = (static_cast<double>(out.tokens) * price->input +
               static_cast<double>(measured ? measured_tokens : 0) * std::min(known, price->input)) /
              1e6;
  }
  if (measured) out.tokens += measured_tokens;
  return out;
}

Result<void> Bill::begin_turn() {
  return tree_.spent.with([&](Spent& spent) -> Result<void> {
    ERRAND_TRY(check_all_turns(spent));
    ++spent.turns;
    ++own_.turns;
    return {};
  });
}

void Bill::undo_turn() {
  tree_.spent.with([](Spent& spent) { --spent.turns; });
  --own_.turns;
}

// An agent that is alone has its own limit's message.
Result<void> Bill::check_all_turns(const Spent& spent) const {
  ERRAND_TRY(check_turns({"the agent", own_limits_, own_}));
  return check_turns({"the run, with its subagents,", tree_.limits, spent});
}

Result<void> Bill::reserve(const Estimate& estimate) {
  return tree_.spent.with([&](Spent& spent) -> Result<void> {
    ERRAND_TRY(check_party({"the run", tree_.limits, spent}, estimate));
    ERRAND_TRY(check_party({"the agent", own_limits_, own_}, estimate));
    spent.reserved_tokens += estimate.tokens;
    spent.reserved_usd += estimate.usd;
    reserved_ = estimate;
    return {};
  });
}

Bill::Bill(RunTree& tree, const chat::Limits& own_limits, const std::string& agent)
    : tree_(tree), own_limits_(own_limits), agent_(agent) {
  for (const auto& budget : purse().budgets) {
    if (budget.agent.empty() || budget.agent == agent_ || budget.agent == root_agent()) budgets_.push_back(budget);
  }
}

Result<void> Bill::set_aside(const provider::Provider& provider, const provider::Request& request,
                             std::int64_t prompt_tokens) {
  const auto output_price = highest_output_price(provider);
  if (budgets_.empty() || !output_price) return {};
  store::Charge charge{.agent = agent_, .root_agent = root_agent(), .budgets = budgets_};
  for (const auto* model : provider.models()) {
    if (!model->price) continue;
    const auto prompt = static_cast<double>(prompt_tokens) * model->price->input / 1e6;
    const auto output = static_cast<double>(longest_output(*model, request)) * model->price->output / 1e6;
    if (prompt + output < charge.prompt_usd + charge.output_usd) continue;
    charge.prompt_usd = prompt;
    charge.output_usd = output;
  }
  auto reserved = purse().account->reserve(charge);
  if (!reserved) {
    release_own();
    return fail(std::move(reserved).error());
  }
  aside_ = *reserved;
  aside_output_.reset();
  if (aside_.output_usd < charge.output_usd) {
    aside_output_ = static_cast<std::int64_t>(aside_.output_usd / *output_price * 1e6);
  }
  return {};
}

void Bill::release() {
  release_own();
  const auto aside = take_aside();
  if (aside == 0) return;
  if (const auto released = purse().account->release(aside); !released) {
    // It counts until this process ends, and no longer.
    log::warn("agent: can't give back what was set aside: {}", released.error().message);
  }
}

void Bill::release_own() {
  tree_.spent.with([&](Spent& spent) {
    spent.reserved_tokens -= reserved_.tokens;
    spent.reserved_usd -= reserved_.usd;
  });
  reserved_ = {};
}

std::optional<std::int64_t> Bill::output_left(const provider::Provider& provider) const {
  const auto price = highest_output_price(provider);
  auto own = own_;
  own.reserved_tokens = reserved_.tokens;
  own.reserved_usd = reserved_.usd;
  const auto of_agent = output_left_of({"", own_limits_, own}, price);
  const auto of_run = tree_.spent.with([&](const Spent& spent) {
    return output_left_of({"", tree_.limits, spent}, price);
  });
  std::optional<std::int64_t> out;
  for (const auto& left : {of_agent, of_run, aside_.id == 0 ? std::nullopt : aside_output_}) {
    if (left) out = std::min(*left, out.value_or(*left));
  }
  return out;
}

std::optional<double> Bill::add(const provider::Reply& reply) {
  release_own();
  add_reply(own_, reply);
  return tree_.spent.with([&](Spent& spent) {
    add_reply(spent, reply);
    return spent.cost_usd;
  });
}

Result<void> Bill::check() {
  ERRAND_TRY(tree_.spent.with([&](const Spent& spent) { return check_all_turns(spent); }));
  return check_spent();
}

Result<void> Bill::check_spent() {
  // What others have reserved is theirs to be told of.
  const auto spent = tree_.spent.with([](Spent& all) {
    auto out = all;
    out.reserved_tokens = 0;
    out.reserved_usd = 0;
    return out;
  });
  ERRAND_TRY(check_party({"the run", tree_.limits, spent}, {}));
  return check_party({"the agent", own_limits_, own_}, {});
}

double Bill::cost_limit() const {
  std::vector<double> limits = {tree_.limits.max_cost_usd, own_limits_.max_cost_usd};
  for (const auto& budget : budgets_) limits.push_back(budget.usd);
  double out = 0;
  for (const auto limit : limits) {
    if (limit > 0 && (out == 0 || limit < out)) out = limit;
  }
  return out;
}

bool Bill::is_unseen(const chat::ModelSpec& model) {
  if (model.price || cost_limit() <= 0) return false;
  return tree_.unpriced.with([&](auto& told) { return told.insert(model.full_name()).second; });
}

Result<void> record_paid(Bill& bill, Reporter& reporter, const provider::Reply& reply, const chat::ModelSpec& model,
                         std::vector<chat::EventBody> events, store::Totals totals) {
  const auto aside = bill.take_aside();
  const bool apart = bill.purse().place == Purse::Place::apart;
  totals.model = model.full_name();
  totals.presumed_usd = reply.presumed_usd;
  totals.reservation = apart ? 0 : aside;
  ERRAND_TRY(reporter.record(std::move(events), totals));
  if (!apart || bill.purse().account == nullptr) return {};
  return bill.purse().account->settle(aside, {.time = now(),
                                              .run = reporter.stream().run(),
                                              .agent = bill.agent(),
                                              .root_agent = bill.root_agent(),
                                              .model = totals.model,
                                              .turns = totals.turns,
                                              .usage = reply.message.usage,
                                              .cost_usd = reply.cost_usd,
                                              .presumed_usd = reply.presumed_usd});
}

Result<void> bill_aside(Bill& bill, Reporter& reporter, const provider::Reply& reply, const chat::ModelSpec& model) {
  const auto total = bill.add(reply);
  store::Totals totals{.turns = 0, .usage = reply.message.usage, .cost_usd = reply.cost_usd};
  return record_paid(bill, reporter, reply, model,
                     {chat::event::UsageEvent{reply.message.usage, reply.cost_usd, total}}, std::move(totals));
}

}  // namespace errand::agent
