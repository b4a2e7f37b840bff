#include "repl/choice.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "repl/command_word.hpp"
#include "repl/editor/file_finder.hpp"

namespace errand::repl {

namespace {

// A shorter text is part of too much to be looked for elsewhere.
constexpr std::size_t min_elsewhere_bytes = 3;

// Of fuzzy_score(): its letters stand there in their order, and no more than that.
constexpr std::size_t weak = 1;

struct Match {
  std::size_t choice;
  std::size_t score;
};

std::size_t score_of(const Choice& choice, const std::string& typed) {
  const auto by_text = fuzzy_score(choice.text, typed);
  const bool by_note = text::lower(choice.note).find(text::lower(typed)) != std::string::npos;
  return std::max<std::size_t>(by_text, by_note ? 2 : 0);
}

std::size_t number_in(const std::string& typed) {
  std::size_t number = 0;
  const auto* end = typed.data() + typed.size();
  const auto parsed = std::from_chars(typed.data(), end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end ? number : 0;
}

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_letter(std::string_view word) {
  return word.size() == 1 && ((word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z'));
}

// "y, n, w": what shows all is not always there.
std::string letters_of(const ChoiceRequest& request) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < request.choices.size(); ++i) {
    const auto& word = request.choices[i].word;
    if (i != request.shows_all && !word.empty()) out.push_back(word.substr(0, 1));
  }
  return text::join(out, ", ");
}

// Several answers in one line.
std::vector<std::string> parts_of(const ChoiceRequest& request, const std::string& typed) {
  if (request.marks != ChoiceRequest::Marks::several) return {std::string(text::trim(typed))};
  auto words = text::split(text::replace_all(typed, ",", " "), ' ');
  std::erase(words, "");
  if (!words.empty() && std::ranges::all_of(words, is_number)) return words;
  std::vector<std::string> out;
  for (const auto& part : text::split(typed, ',')) out.emplace_back(text::trim(part));
  return out;
}

}  // namespace

std::string why_no_words(const std::string& typed) {
  const auto words = text::trim(typed);
  if (!names_command(words)) return {};
  return fmt::format("\"{}\" is a command: those wait until this is answered",
                     words.substr(0, words.find_first_of(" \t")));
}

std::string why_no_answer(const ChoiceRequest& request, const std::string& typed) {
  if (request.own_words == ChoiceRequest::none) return {};
  if (auto why = why_no_words(typed); !why.empty()) return why;
  const auto last = request.choices.size() - (request.shows_all == ChoiceRequest::none ? 0 : 1);
  for (const auto& part : parts_of(request, typed)) {
    if (is_number(part) && named_choice(request, part) == ChoiceRequest::none)
      return fmt::format("there is no choice {}, only 1 to {}", part, last);
    if (is_letter(part) && named_choice(request, part) == ChoiceRequest::none && !letters_of(request).empty())
      return fmt::format("\"{}\" is not offered here, only {}", part, letters_of(request));
  }
  return {};
}

std::vector<std::size_t> fitting_choices(const ChoiceRequest& request, const std::string& typed) {
  std::vector<Match> matches;
  for (std::size_t i = 0; i < request.choices.size(); ++i) {
    if (const auto score = typed.empty() ? weak : score_of(request.choices[i], typed); score > 0)
      matches.push_back({i, score});
  }
  std::ranges::stable_sort(matches, std::greater{}, &Match::score);
  std::vector<std::size_t> out;
  const bool fits_badly = matches.empty() || matches.front().score <= weak;
  if (fits_badly && typed.size() >= min_elsewhere_bytes && request.found_elsewhere) {
    for (const auto one : request.found_elsewhere(typed)) {
      if (one < request.choices.size() && std::ranges::find(out, one) == out.end()) out.push_back(one);
    }
  }
  for (const auto& match : matches) {
    if (std::ranges::find(out, match.choice) == out.end()) out.push_back(match.choice);
  }
  return out;
}

std::size_t named_choice(const ChoiceRequest& request, const std::string& typed) {
  const auto wanted = text::lower(text::trim(typed));
  if (wanted.empty()) return ChoiceRequest::none;
  for (std::size_t i = 0; i < request.choices.size(); ++i) {
    const auto& choice = request.choices[i];
    const bool by_word = !choice.word.empty() && (wanted == choice.word || wanted == choice.word.substr(0, 1));
    if (by_word || wanted == text::lower(choice.text)) return i;
  }
  const auto number = number_in(wanted);
  return number >= 1 && number <= request.choices.size() ? number - 1 : ChoiceRequest::none;
}

std::optional<Picked> answer_in(const ChoiceRequest& request, const std::string& typed) {
  Picked out{Picked::End::picked, {}, {}};
  std::vector<std::string> own;
  for (const auto& word : parts_of(request, typed)) {
    const auto named = named_choice(request, word);
    if (named == ChoiceRequest::none && request.own_words == ChoiceRequest::none) return std::nullopt;
    if (named == ChoiceRequest::none && !word.empty()) own.push_back(word);
    const auto choice = named == ChoiceRequest::none ? request.own_words : named;
    if (!word.empty() && std::ranges::find(out.choices, choice) == out.choices.end()) out.choices.push_back(choice);
  }
  if (out.choices.empty()) return std::nullopt;
  std::ranges::sort(out.choices);
  out.own_words = text::join(own, ", ");
  return out;
}

}  // namespace errand::repl
