#include "base/secret_shapes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace errand::secrets {

namespace {

using Looker = Look (*)(std::string_view, std::size_t);

// Where a shape may begin: all letters count as lower case.
struct Anchor {
  std::string_view word;
  Looker look = nullptr;
  bool held = false;  // a part of the secret itself, so that it waits for the rest
};

constexpr std::size_t gram = 3;  // bytes that are looked at of each place
constexpr unsigned slot_bits = 12;

constexpr std::uint32_t folded(char c) {
  return static_cast<unsigned char>(c) | 0x20U;
}

std::uint32_t gram_at(const char* at) {
  return folded(at[0]) | (folded(at[1]) << 8U) | (folded(at[2]) << 16U);
}

std::size_t slot_of(std::uint32_t value) {
  return (value * 0x9E3779B1U) >> (32U - slot_bits);
}

bool is_folded_prefix(std::string_view prefix, std::string_view of) {
  return prefix.size() <= of.size() &&
         std::equal(prefix.begin(), prefix.end(), of.begin(), [](char a, char b) { return folded(a) == folded(b); });
}

// Which places of a text are worth a look: one table look-up tells for nearly all of them that they are not.
class Anchors {
 public:
  Anchors() {
    for (const auto prefix : token_prefixes()) add({prefix, look_at_token, true});
    for (const auto word : assignment_words()) add({word, look_at_assignment});
    add({"eyJ", look_at_web_token, true});
    add({"-----BEGIN", look_at_private_key, true});
    add({"://", look_at_url});
    add({"bearer", look_at_credentials});
    add({"basic", look_at_credentials});
  }

  [[nodiscard]] std::size_t next(std::string_view text, std::size_t at) const {
    while (at + gram <= text.size() && groups_[slot_of(gram_at(text.data() + at))] == 0) ++at;
    return at;
  }

  // The best of what the shapes that may begin here say.
  [[nodiscard]] Look look(std::string_view text, std::size_t at) const {
    Look out;
    for (const auto& anchor : anchors_[groups_[slot_of(gram_at(text.data() + at))]]) {
      if (!is_folded_prefix(anchor.word, text.substr(at))) continue;
      const auto seen = anchor.look(text, at);
      if (seen.at == Look::At::secret) return seen;
      if (seen.at == Look::At::end_of_text) out = seen;
    }
    return out;
  }

  // Whether the rest of the text may be the beginning of what is a secret from its first letter on.
  [[nodiscard]] bool begin_with(std::string_view rest) const {
    const auto may_begin = [&](const Anchor& anchor) {
      return anchor.held && rest.size() < anchor.word.size() && anchor.word.starts_with(rest);
    };
    return std::ranges::any_of(anchors_, [&](const auto& group) { return std::ranges::any_of(group, may_begin); });
  }

  [[nodiscard]] std::size_t longest() const { return longest_; }

 private:
  void add(Anchor anchor) {
    auto& group = groups_[slot_of(gram_at(anchor.word.data()))];
    if (group == 0) {
      group = static_cast<std::uint8_t>(anchors_.size());
      anchors_.emplace_back();
    }
    longest_ = std::max(longest_, anchor.word.size());
    anchors_[group].push_back(anchor);
  }

  std::array<std::uint8_t, std::size_t{1} << slot_bits> groups_{};  // 0: none begins so
  std::vector<std::vector<Anchor>> anchors_{1};
  std::size_t longest_ = 0;
};

const Anchors& anchors() {
  static const Anchors all;
  return all;
}

// Where the end of a text may still become an anchor. The last letter of a word of another script is none.
std::size_t undecided_from(std::string_view text, std::size_t from) {
  const auto longest = anchors().longest();
  const auto starts = [&](std::size_t at) {
    const bool after_ascii = at == 0 || static_cast<unsigned char>(text[at - 1]) < 0x80;
    return after_ascii && begins_word(text, at) && anchors().begin_with(text.substr(at));
  };
  auto at = std::max(from, text.size() < longest ? 0 : text.size() - longest);
  while (at < text.size() && !starts(at)) ++at;
  return at;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? value[i] != '-' : !is_hex(value[i])) return false;
  }
  return true;
}

bool is_hash(std::string_view value) {
  constexpr std::array<std::string_view, 5> algorithms = {"md5", "sha1", "sha256", "sha384", "sha512"};
  const auto word = text::lower(value.substr(0, 6));
  return std::ranges::any_of(algorithms, [&](std::string_view name) {
    return word.starts_with(name) && value.size() > name.size() &&
           (value[name.size()] == '-' || value[name.size()] == ':');
  });
}

// Letters and digits of a value, and how often they change their class from one to its neighbour.
struct Mix {
  std::size_t letters = 0;
  std::size_t digit_groups = 0;  // next to a letter
  std::size_t changes = 0;
  bool upper = false;
  bool lower = false;
};

int class_of(char c) {
  if (is_digit(c)) return 1;
  if (c >= 'a' && c <= 'z') return 2;
  return c >= 'A' && c <= 'Z' ? 3 : 0;
}

Mix mix_of(std::string_view value) {
  Mix out;
  bool counted = false;  // the group of digits that is under way
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto now = class_of(value[i]);
    const auto before = i == 0 ? 0 : class_of(value[i - 1]);
    const auto after = i + 1 == value.size() ? 0 : class_of(value[i + 1]);
    out.letters += now >= 2 ? 1 : 0;
    out.lower = out.lower || now == 2;
    out.upper = out.upper || now == 3;
    if (before != 0 && now != 0 && before != now) ++out.changes;
    if (now != 1) counted = false;
    if (now != 1 || counted || (before < 2 && after < 2)) continue;
    counted = true;
    ++out.digit_groups;
  }
  return out;
}

bool is_mixed(std::string_view value) {
  const auto mix = mix_of(value);
  if (mix.letters < 3) return false;
  if (mix.digit_groups >= 3) return true;
  const auto changes_per_100 = mix.changes * 100 / value.size();
  if (mix.digit_groups >= 1) return changes_per_100 >= 45;
  return mix.upper && mix.lower && changes_per_100 >= 50;
}

std::size_t distinct(std::string_view value) {
  std::array<bool, 256> seen{};
  for (const char c : value) seen[static_cast<unsigned char>(c)] = true;
  return static_cast<std::size_t>(std::ranges::count(seen, true));
}

// In small letters, in capitals or with the first one a capital: what is random may hold it in a mixture.
bool holds_word(std::string_view value, std::string_view lower, std::string_view word) {
  const auto same_case = [](std::string_view written) {
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    return std::ranges::none_of(written, is_capital) || std::ranges::none_of(written, is_small) ||
           (is_capital(written[0]) && std::ranges::none_of(written.substr(1), is_capital));
  };
  for (auto at = lower.find(word); at != std::string_view::npos; at = lower.find(word, at + 1)) {
    if (same_case(value.substr(at, word.size()))) return true;
  }
  return false;
}

}  // namespace

bool begins_word(std::string_view text, std::size_t at) {
  if (at == 0) return true;
  const char before = text[at - 1];
  if (!is_letter(before) && !is_digit(before)) return true;
  if (at >= 2 && text[at - 2] == '\\') return std::string_view("nrtbf").find(before) != std::string_view::npos;
  if (at >= 3 && text[at - 3] == '%') return is_hex(text[at - 2]) && is_hex(before);
  return at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u';
}

bool is_placeholder(std::string_view value) {
  constexpr std::array<std::string_view, 10> words = {
      "your", "example", "placeholder", "redacted", "removed:", "xxxx", "****", "....", "change-me", "changeme"};
  constexpr std::array<std::string_view, 4> beginnings = {"dummy", "fake-", "test-", "mock-"};
  const auto lower = text::lower(value);
  if (std::ranges::any_of(beginnings, [&](auto word) { return lower.starts_with(word); })) return true;
  if (std::ranges::any_of(words, [&](auto word) { return holds_word(value, lower, word); })) return true;
  return distinct(value) < std::min<std::size_t>(6, value.size());
}

bool looks_random(std::string_view value) {
  if (!is_mixed(value)) return false;
  return !is_uuid(value) && !is_hash(value) && !is_placeholder(value);
}

Findings find_shapes(std::string_view text, std::size_t from, Ending ending) {
  Findings out{.found = {}, .decided = text.size()};
  for (auto at = anchors().next(text, 0); at + gram <= text.size(); at = anchors().next(text, at)) {
    const auto seen = anchors().look(text, at);
    if (seen.at == Look::At::secret && (ending == Ending::whole || (seen.end < text.size() && !seen.may_change))) {
      if (seen.end > from) out.found.push_back({std::max(seen.begin, from), seen.end, seen.name});
      at = seen.end;
      continue;
    }
    if (seen.at != Look::At::nothing && ending == Ending::open) {
      out.decided = std::max(seen.begin, from);
      return out;
    }
    ++at;
  }
  if (ending == Ending::open) out.decided = undecided_from(text, out.found.empty() ? from : out.found.back().end);
  return out;
}

}  // namespace errand::secrets
