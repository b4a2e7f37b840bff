#include "base/secrets.hpp"

#include <algorithm>
#include <array>

#include "base/secret_shapes.hpp"
#include "base/text.hpp"

namespace errand::secrets {

namespace {

// As far back as a shape looks.
constexpr std::size_t context_bytes = 128;

// What stands where a key is wanted and none is needed.
constexpr std::array<std::string_view, 14> stand_ins = {
    "not-needed", "no-key-needed", "not-required", "not_needed", "unneeded",  "lm-studio", "placeholder",
    "undefined",  "anything",      "something",    "changeme",   "change-me", "password",  "localhost"};

bool is_word_end(std::string_view name, std::string_view word) {
  return name.ends_with(word) && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_');
}

// The value of a variable may be a path, a flag or a word, whatever the variable is called.
bool may_be_common(std::string_view value) {
  constexpr std::size_t longest_word = 16;
  if (value.starts_with('/') || value.starts_with("~/") || value.starts_with("./")) return true;
  const bool plain = std::ranges::all_of(
      value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; });
  const bool number = std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return (plain && value.size() < longest_word) || number;
}

bool counts(const Secret& secret) {
  if (secret.value.size() < Redactor::shortest) return false;
  if (std::ranges::find(stand_ins, text::lower(secret.value)) != stand_ins.end()) return false;
  return secret.source == Source::key || !may_be_common(secret.value);
}

// In order, and none within another.
std::vector<Finding> merged(std::vector<Finding> found, const std::vector<Finding>& more) {
  found.insert(found.end(), more.begin(), more.end());
  std::ranges::stable_sort(found, {}, &Finding::begin);
  std::vector<Finding> out;
  for (const auto& one : found) {
    if (!out.empty() && one.begin < out.back().end)
      out.back().end = std::max(out.back().end, one.end);
    else
      out.push_back(one);
  }
  return out;
}

Findings find_all(const Needles* needles, std::string_view text, std::size_t from, Ending ending) {
  auto out = find_shapes(text, from, ending);
  if (needles == nullptr) return out;
  const auto known = needles->find(text, from, ending);
  out.found = merged(known.found, out.found);
  out.decided = std::min(out.decided, known.decided);
  // What lies across the border is decided upon later, as a whole.
  for (const auto& one : out.found) {
    if (one.begin < out.decided && one.end > out.decided) out.decided = one.begin;
  }
  std::erase_if(out.found, [&](const Finding& one) { return one.begin >= out.decided; });
  return out;
}

// A text that was shortened may end within a value that is known.
void find_cut_off(const Needles& needles, std::string_view text, std::vector<Finding>& found) {
  constexpr std::string_view ellipsis = "…";
  if (!text.ends_with(ellipsis)) return;
  text.remove_suffix(ellipsis.size());
  const auto at = needles.cut_off_at(text, found.empty() ? 0 : found.back().end);
  if (text.size() - at >= Needles::shortest) found.push_back({at, text.size(), "secret"});
}

// text[from…to) without what was found.
std::string replaced(std::string_view text, std::size_t from, std::size_t to, const std::vector<Finding>& found) {
  std::string out;
  for (const auto& one : found) {
    out += text.substr(from, one.begin - from);
    out += mark(one.name);
    from = one.end;
  }
  out += text.substr(from, to - from);
  return out;
}

}  // namespace

bool is_secret_name(std::string_view variable) {
  constexpr std::array<std::string_view, 10> ends = {"KEY",        "PASSWORD",   "PASSWD",      "SECRET", "PAT",
                                                     "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "PWD",    "AUTH"};
  constexpr std::array<std::string_view, 5> parts = {"TOKEN", "SECRET", "PASSWORD", "APIKEY", "API_KEY"};
  constexpr std::array<std::string_view, 2> public_keys = {"GPG_KEY", "PUBLIC_KEY"};
  std::string name(variable);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (name == "PWD" || std::ranges::any_of(public_keys, [&](auto word) { return is_word_end(name, word); }))
    return false;
  return std::ranges::any_of(ends, [&](auto word) { return is_word_end(name, word); }) ||
         std::ranges::any_of(parts, [&](auto word) { return name.find(word) != std::string::npos; });
}

std::string mark(std::string_view name) {
  std::string out = "[removed: ";
  for (const char c : name.substr(0, 60)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(" _-.").find(c) != std::string_view::npos;
    out += plain ? c : '_';
  }
  return out + ']';
}

void Redactor::learn(const std::vector<Secret>& secrets) {
  known_.with([&](std::shared_ptr<const Known>& known) {
    auto next = std::make_shared<Known>();
    if (known) *next = *known;
    const auto before = next->secrets.size();
    for (const auto& secret : secrets) {
      if (!counts(secret) || std::ranges::find(next->secrets, secret.value, &Secret::value) != next->secrets.end())
        continue;
      for (auto& form : spellings_of(secret.value)) next->needles.add(std::move(form), secret.name);
      // As the name of a host.
      if (auto lower = text::lower(secret.value); lower != secret.value) {
        next->needles.add(std::move(lower), secret.name);
      }
      next->secrets.push_back(secret);
    }
    if (next->secrets.size() > before) known = std::move(next);
  });
}

std::shared_ptr<const Redactor::Known> Redactor::known() const {
  return known_.with([](const auto& known) { return known; });
}

std::string Redactor::clean(std::string text) const {
  const auto values = known();
  auto all = find_all(values ? &values->needles : nullptr, text, 0, Ending::whole);
  if (values) find_cut_off(values->needles, text, all.found);
  return all.found.empty() ? std::move(text) : replaced(text, 0, text.size(), all.found);
}

bool Redactor::finds_in(std::string_view text) const {
  const auto values = known();
  return !find_all(values ? &values->needles : nullptr, text, 0, Ending::whole).found.empty();
}

std::string StreamRedactor::feed(std::string_view piece) {
  text_ += piece;
  const bool too_long = text_.size() - context_ > max_held_bytes;
  return take(too_long ? Ending::whole : Ending::open);
}

std::string StreamRedactor::finish() {
  auto out = take(Ending::whole);
  text_.clear();
  context_ = 0;
  return out;
}

std::string StreamRedactor::take(Ending ending) {
  const auto values = redactor_.known();
  const auto all = find_all(values ? &values->needles : nullptr, text_, context_, ending);
  auto out = replaced(text_, context_, all.decided, all.found);
  const auto kept = all.decided < context_bytes ? 0 : all.decided - context_bytes;
  text_.erase(0, kept);
  context_ = all.decided - kept;
  return out;
}

}  // namespace errand::secrets
