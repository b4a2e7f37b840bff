// Menus where the terminal edits lines: a list with numbers, and an answer that is read as a line.

#include <algorithm>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "render/fold.hpp"
#include "render/summary.hpp"
#include "repl/cooked_lines.hpp"

namespace errand::repl {

namespace {

using render::one_line;

constexpr auto none = ChoiceRequest::none;

// Of a long list; the others can be named.
constexpr std::size_t max_listed = 20;

enum class Extent { cut, whole };

// Where all is shown already there is no more to view.
std::string list_of(const ChoiceRequest& request, Extent shown) {
  std::string out;
  const bool offers_all = shown == Extent::cut || request.shows_all == none;
  const auto count = request.choices.size() - (offers_all ? 0 : 1);
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
  std::string out = request.marks == ChoiceRequest::Marks::several ? "numbers, as 1, 2" : "a number";
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

std::string text_of(const std::vector<std::string>& rows) {
  std::string out;
  for (const auto& row : rows) out += row + "\n";
  return out;
}

Picked ended(ReadLine::End end) {
  return {end == ReadLine::End::interrupted ? Picked::End::interrupted : Picked::End::closed, {}, {}};
}

}  // namespace

Result<Picked> CookedLines::choose(const ChoiceRequest& request, const Call& call) {
  if (request.kind == LineKind::answer) set_aside_typed_ahead();
  const auto columns = render::fold_columns(out_);
  const auto about = request.about ? request.about(columns) : Subject{};
  auto extent = row_count(about) > rows_that_stay ? Extent::cut : Extent::whole;
  ERRAND_TRY(write_all(out_, text_of(rows_in(about, rows_that_stay, columns)) + list_of(request, extent)));
  const auto kind = LineKind::answer_again;
  const auto prompt = fmt::format("{} ({}): ", text::trim_end(request.title), how_to_answer(request));
  while (true) {
    ERRAND_TRY_ASSIGN(const auto line, read({kind, prompt}, call));
    if (line.end != ReadLine::End::submitted) return ended(line.end);
    const std::string typed(text::trim(line.text));
    if (typed.empty() && (request.selected != none || request.typed == ChoiceRequest::Typed::filters)) return Picked{};
    if (typed.empty()) continue;  // nothing may be taken for an answer here
    if (request.typed == ChoiceRequest::Typed::filters) {
      auto [choice, why_not] = found_by_name(request, typed);
      if (choice != none) return Picked{Picked::End::picked, {choice}, {}};
      ERRAND_TRY(write_all(out_, why_not + "\n"));
      continue;
    }
    if (const auto why_not = why_no_answer(request, typed); !why_not.empty()) {
      ERRAND_TRY(write_all(out_, why_not + "\n"));
      continue;
    }
    const auto picked = answer_in(request, typed);
    if (!picked) continue;  // it is asked again
    if (std::ranges::find(picked->choices, request.shows_all) != picked->choices.end()) {
      extent = Extent::whole;
      ERRAND_TRY(write_all(out_, text_of(all_rows(about)) + list_of(request, extent)));
      continue;
    }
    ERRAND_TRY_ASSIGN(auto answer, with_own_words(*picked, request, call));
    if (answer) return *std::move(answer);
    ERRAND_TRY(write_all(out_, list_of(request, extent)));
  }
}

// The words that a pick lacks. Nothing: the person gave none, and picks again.
Result<std::optional<Picked>> CookedLines::with_own_words(Picked picked, const ChoiceRequest& request,
                                                          const Call& call) {
  const bool wants_words =
      picked.own_words.empty() && std::ranges::find(picked.choices, request.own_words) != picked.choices.end();
  while (wants_words) {
    ERRAND_TRY_ASSIGN(const auto line, read({LineKind::answer_again, request.own_title}, call));
    if (line.end != ReadLine::End::submitted) return std::optional(ended(line.end));
    const std::string typed(text::trim(line.text));
    if (typed.empty()) return std::nullopt;
    const auto why_not = why_no_words(typed);
    if (why_not.empty()) {
      picked.own_words = typed;
      break;
    }
    ERRAND_TRY(write_all(out_, why_not + "\n"));
  }
  return std::optional(std::move(picked));
}

}  // namespace errand::repl
