#include "render/status.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/money.hpp"
#include "base/unicode.hpp"
#include "render/running.hpp"
#include "render/summary.hpp"

namespace errand::render {

namespace event = chat::event;

namespace {

constexpr std::string_view between = " · ";
constexpr std::size_t max_name_columns = 40;

std::optional<double> sum(std::optional<double> one, std::optional<double> other) {
  return one && other ? std::optional(*one + *other) : std::nullopt;
}

}  // namespace

void Status::take(const chat::Event& event) {
  if (place_of(event.agent_path).depth > 0) {  // what it costs is in the run's total
    if (const auto* usage = std::get_if<event::UsageEvent>(&event.body)) running_ = usage->total_cost_usd;
    return;
  }
  if (const auto* ready = std::get_if<event::Ready>(&event.body))
    take(Standing{event.session, ready->agent_id, ready->model, ready->permission_mode, ready->sandbox});
  if (const auto* usage = std::get_if<event::UsageEvent>(&event.body)) take_usage(*usage);
  if (const auto* plan = std::get_if<event::PlanApproval>(&event.body); plan && !plan->mode.empty()) mode_ = plan->mode;
  if (const auto* compacted = std::get_if<event::CompactCompleted>(&event.body)) context_ = compacted->tokens_after;
  if (const auto* retry = std::get_if<event::Retry>(&event.body)) restarted_ = restarted_ || retry->restarted;
  if (const auto* done = std::get_if<event::Done>(&event.body)) {
    cost_ = sum(cost_, done->total_cost_usd);
    running_ = 0.0;
    restarted_ = false;
  }
}

void Status::take(const Standing& standing) {
  if (standing.session != session_) {
    cost_ = 0.0;
    context_ = 0;
  }
  if (standing.context > 0) context_ = standing.context;
  session_ = standing.session;
  agent_ = standing.agent;
  model_ = standing.model;
  sandbox_ = standing.sandbox;
  mode_ = standing.mode;
  window_ = window_of_ ? window_of_(model_) : 0;
}

void Status::take_usage(const event::UsageEvent& e) {
  const auto& usage = e.usage;
  if (!std::exchange(restarted_, false)) context_ = usage.total();
  running_ = e.total_cost_usd;
}

std::string Status::line(std::size_t columns, Color color) const {
  if (agent_.empty()) return {};
  std::vector<std::string> parts = {one_line(agent_, max_name_columns), one_line(model_, max_name_columns)};
  if (window_ > 0 && context_ > 0)
    parts.push_back(fmt::format("{}% of context", std::min<std::int64_t>(context_ * 100 / window_, 100)));
  if (const auto cost = sum(cost_, running_); cost && *cost > 0) parts.push_back(format_usd(*cost));
  parts.push_back("sandbox " + one_line(sandbox_, max_name_columns));
  if (mode_ != "ask") parts.push_back(one_line(mode_, max_name_columns));
  std::string out;
  for (const auto& part : parts) {
    const auto next = out.empty() ? part : fmt::format("{}{}{}", out, between, part);
    if (unicode::width(next) > columns) break;
    out = next;
  }
  return paint(out, Tone::dim, color);
}

}  // namespace errand::render
