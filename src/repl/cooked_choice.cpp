// Menus where the terminal edits lines: a list with numbers, and an answer that is read as a line.

#include <algorithm>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "render/summary.hpp"
#include "repl/cooked_lines.hpp"

namespace errand::repl {

namespace {

using render::one_line;

constexpr auto none = ChoiceRequest::none;

// Of a long list; the others can be named.
constexpr std::size_t max_listed = 20;

std::string list_of(const ChoiceRequest& request) {
  std::string out;
  const auto count = request.choices.size();
  const auto listed = std::min(count, max_listed);
  for (std::size_t i = 0; i < listed; ++i) {
    const auto& one = request.choices[i];
    out += fmt::format("  {}. {}", i + 1, one_line(one.text));
    if (!one.word.empty()) out += fmt::format(" ({})", one.word.front());
    if (!one.note.empty()) out += " - " + one_line(one.note);
    out += '\n';
  }
  if (listed < count) out += fmt::format("  and {} more\n", count - listed);
  return out;
}

std::string how_to_answer(const ChoiceRequest& request) {
  const bool has_words = std::ranges::any_of(request.choices, [](const auto& one) { return !one.word.empty(); });
  if (request.typed == ChoiceRequest::Typed::filters) return "a number or a part of the name; Enter leaves";
  std::string out = request.marks == ChoiceRequest::Marks::several ? "numbers separated by commas" : "a number";
  if (has_words) out += ", a letter";
  if (request.own_words != none) out += ", or your own words";
  return out;
}

// The only choice that fits well, for a list that is searched; else why there is none.
struct Found {
  std::size_t choice = none;
  std::string why_not;
};

Found found_by_name(const ChoiceRequest& request, const std::string& typed) {
  if (const auto named = named_choice(request, typed); named != none) return {named, {}};
  const auto fitting = fitting_choices(request, typed);
  if (fitting.size() == 1) return {fitting.front(), {}};
  if (fitting.empty()) return {none, fmt::format("nothing fits \"{}\"", one_line(typed))};
  auto why = fmt::format("\"{}\" fits {}:\n", one_line(typed), fitting.size());
  for (std::size_t i = 0; i < std::min(fitting.size(), max_listed); ++i)
    why += fmt::format("  {}. {}\n", fitting[i] + 1, one_line(request.choices[fitting[i]].text));
  why.pop_back();
  return {none, std::move(why)};
}

}  // namespace

Result<Picked> CookedLines::choose(const ChoiceRequest& request, const Call& call) {
  auto kind = request.kind == LineKind::prompt ? LineKind::answer_again : request.kind;
  ERRAND_TRY(write_all(out_, list_of(request)));
  const auto prompt = fmt::format("{} ({}): ", text::trim_end(request.title), how_to_answer(request));
  while (true) {
    ERRAND_TRY_ASSIGN(const auto line, read({kind, prompt}, call));
    kind = LineKind::answer_again;
    if (line.end == ReadLine::End::interrupted) return Picked{Picked::End::interrupted, {}, {}};
    if (line.end == ReadLine::End::closed) return Picked{Picked::End::closed, {}, {}};
    const std::string typed(text::trim(line.text));
    if (typed.empty() && (request.selected != none || request.typed == ChoiceRequest::Typed::filters)) return Picked{};
    if (typed.empty()) continue;  // nothing may be taken for an answer here
    if (request.typed == ChoiceRequest::Typed::answers) {
      if (auto picked = answer_in(request, typed)) return *std::move(picked);
      continue;  // it is asked again
    }
    auto [choice, why_not] = found_by_name(request, typed);
    if (choice != none) return Picked{Picked::End::picked, {choice}, {}};
    ERRAND_TRY(write_all(out_, why_not + "\n"));
  }
}

}  // namespace errand::repl
