#include "policy/bash_rules.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/rule.hpp"
#include "policy/shell.hpp"
#include "policy/wrapper.hpp"

namespace errand::policy {

namespace {

using Words = std::span<const std::string>;

enum class Reach { exact, prefix, everything };

struct Spec {
  Reach reach = Reach::exact;
  std::string_view text;  // without its final star
};

// `git diff:*` and `git diff *` are the same prefix.
Spec split_spec(std::string_view spec) {
  spec = text::trim(spec);
  if (spec == "*" || spec == ":*") return {Reach::everything, {}};
  for (const std::string_view star : {":*", " *"}) {
    if (spec.ends_with(star)) return {Reach::prefix, text::trim(spec.substr(0, spec.size() - star.size()))};
  }
  return {Reach::exact, spec};
}

// The rule's words, when it is one plain command.
std::optional<std::vector<std::string>> words_of(std::string_view spec_text) {
  auto commands = parse_command_line(spec_text);
  if (!commands || commands->size() != 1) return std::nullopt;
  return std::move(commands->front().words);
}

bool same_command(std::string_view wanted, std::string_view word) {
  return word == wanted || command_name(word) == wanted ||
         (!word.empty() && command_name(word) == command_name(wanted));
}

// Whether the rule's words follow from `at` on, options (each with a value or without) between them passed over.
bool fits_at(Words wanted, Reach reach, const Sighting& sighting, std::size_t at) {
  const Words words = sighting.words;
  if (at >= words.size() || !same_command(wanted.front(), words[at])) return false;
  ++at;
  bool value_may_follow = false;
  for (std::size_t i = 1; i < wanted.size(); ++at) {
    if (at >= words.size()) return sighting.open_ended;
    if (words[at].empty()) return false;
    if (words[at] == wanted[i]) {
      ++i;
      value_may_follow = false;
    } else if (words[at].starts_with('-')) {
      value_may_follow = true;
    } else if (value_may_follow) {
      value_may_follow = false;
    } else {
      return false;
    }
  }
  return reach == Reach::prefix || at == words.size() || words[at].empty();
}

bool fits(Words wanted, Reach reach, const Sighting& sighting) {
  if (sighting.place == Sighting::Place::start) return fits_at(wanted, reach, sighting, 0);
  for (std::size_t at = 0; at < sighting.words.size(); ++at) {
    // What ends an exact command inside other text is not known.
    if (fits_at(wanted, Reach::prefix, sighting, at)) return true;
  }
  return false;
}

// Steps a rule with stars may take over one command line before it is taken to fit.
constexpr std::size_t max_wildcard_steps = std::size_t{1} << 24U;

// Whether some text behind `begun` would make it fit.
bool may_go_on(std::string_view spec, std::string_view begun) {
  for (std::size_t size = 0; size <= spec.size(); ++size) {
    if (matches_wildcard(spec.substr(0, size), begun)) return true;
  }
  return false;
}

bool fits_wildcard(std::string_view spec, const Sighting& sighting) {
  const auto joined = text::join(sighting.words, " ");
  if (joined.size() * spec.size() > max_wildcard_steps) return true;
  if (sighting.place == Sighting::Place::start) {
    const auto directories = sighting.words.front().size() - command_name(sighting.words.front()).size();
    if (sighting.open_ended) return may_go_on(spec, std::string_view(joined).substr(directories));
    return matches_wildcard(spec, joined) || matches_wildcard(spec, std::string_view(joined).substr(directories));
  }
  if (joined.size() * sighting.words.size() > max_wildcard_steps) return true;
  const auto open_ended = fmt::format("{}*", spec);
  std::size_t at = 0;
  for (const auto& word : sighting.words) {
    const auto name = at + word.size() - command_name(word).size();
    if (!word.empty() && matches_wildcard(open_ended, std::string_view(joined).substr(name))) return true;
    at += word.size() + 1;
  }
  return false;
}

Match strength(const Sighting& sighting) {
  return sighting.role == Sighting::Role::runs ? Match::yes : Match::maybe;
}

// A rule that is no plain command ("curl * | sh") is looked for in the text.
Match match_text(std::string_view spec, std::string_view line, const Glimpse& glimpse) {
  const bool holds_operators = spec.find_first_of("|&;<>$`()\n") != std::string_view::npos;
  if (holds_operators && matches_wildcard(fmt::format("*{}*", spec), line)) return Match::yes;
  Match best = glimpse.opaque ? Match::maybe : Match::no;
  for (const auto& sighting : glimpse.sightings) {
    if (fits_wildcard(spec, sighting)) best = std::max(best, strength(sighting));
  }
  return best;
}

// Allow rules: a command's own words, or those behind wrappers that change nothing.
bool allows(const Spec& spec, Words wanted, Words words) {
  bool open_ended = false;
  while (true) {
    const bool begins = words.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), words.begin());
    if (begins && spec.reach == Reach::prefix) return !evaluates_its_words(words);
    if (begins && words.size() == wanted.size() && !open_ended) return true;
    const auto inner = unwrap(words);
    if (!inner || inner->meaning == Meaning::changed || is_assignment(inner->words.front())) return false;
    open_ended = open_ended || inner->meaning == Meaning::more_arguments;
    words = inner->words;
  }
}

// The first rule that allows the simple command.
const chat::Rule* rule_for(std::span<const chat::Rule> rules, Words words) {
  for (const auto& rule : rules) {
    const auto spec = split_spec(rule.spec);
    const auto wanted = words_of(spec.text);
    if (wanted && !wanted->empty() && allows(spec, *wanted, words)) return &rule;
  }
  return nullptr;
}

// Whether a rule of that text would mean the text itself.
std::string exact_rule(std::string_view text) {
  if (text.empty() || text.find('\n') != std::string_view::npos || unicode::sanitize(text) != text) return {};
  if (split_spec(text).reach != Reach::exact) return {};
  return fmt::format("Bash({})", text);
}

bool changes_what_follows(Words words) {
  while (true) {
    if (changes_the_shell(words)) return true;
    const auto inner = unwrap(words);
    if (!inner) return false;
    words = inner->words;
  }
}

bool covers_everything(const chat::Rule& rule) {
  return rule.spec.empty() || split_spec(rule.spec).reach == Reach::everything;
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Match match_command(std::string_view spec_text, std::string_view line, const Glimpse& glimpse) {
  const auto spec = split_spec(spec_text);
  if (spec.reach == Reach::everything) return Match::yes;
  const auto wanted = words_of(spec.text);
  if (!wanted || wanted->empty()) return match_text(spec_text, line, glimpse);
  Match best = glimpse.opaque ? Match::maybe : Match::no;
  for (const auto& sighting : glimpse.sightings) {
    if (fits(*wanted, spec.reach, sighting)) best = std::max(best, strength(sighting));
  }
  return best;
}

Allowance allow_command(std::span<const chat::Rule> rules, std::string_view line) {
  std::vector<chat::Rule> ours;
  const auto whole = text::trim(line);
  for (const auto& rule : rules) {
    if (rule.action != chat::RuleAction::allow || rule.tool != "Bash") continue;
    if (covers_everything(rule) || text::trim(rule.spec) == whole) return {true, chat::to_string(rule), {}};
    ours.push_back(rule);
  }
  const auto commands = parse_command_line(line);
  if (!commands || commands->empty()) return {false, {}, exact_rule(whole)};
  const bool changes =
      std::ranges::any_of(*commands, [](const SimpleCommand& command) { return changes_what_follows(command.words); });
  if (changes && commands->size() > 1) return {false, {}, exact_rule(whole)};
  Allowance out{true, {}, {}};
  for (const auto& command : *commands) {
    const auto* rule = rule_for(ours, command.words);
    if (rule == nullptr) return {false, {}, exact_rule(quote_words(command.words))};
    if (out.rule.empty()) out.rule = chat::to_string(*rule);
  }
  return out;
}

}  // namespace errand::policy
