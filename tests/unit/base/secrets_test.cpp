#include "base/secrets.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::secrets {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

fs::path source_directory() {
  return ERRAND_SOURCE_DIR;
}

// Makes what is no secret of anyone's, but looks it. The same each time.
class Forger {
 public:
  std::string some(std::string_view alphabet, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += alphabet[next() % alphabet.size()];
    return out;
  }

  // A piece of a token: "alnum:36", "pem:PRIVATE KEY:4", or itself.
  std::string piece(const std::string& text) {
    const auto parts = text::split(text, ':');
    if (parts.size() < 2) return text;
    if (parts[0] == "base64of") return base64(text.substr(9));
    if (parts[0] == "pem") return pem(parts[1], std::stoul(parts[2]), "\n");
    if (parts[0] == "pemjson") return pem(parts[1], std::stoul(parts[2]), "\\n");
    const auto count = std::stoul(parts[1]);
    if (parts[0] == "jwt") {
      return base64(R"({"alg":"HS256","typ":"JWT"})") + "." + base64(R"({"sub":"1234","iat":1516239022})") + "." +
             some(alphabet("word"), count);
    }
    return some(alphabet(parts[0]), count);
  }

  static std::string base64(std::string_view bytes) {
    std::string out;
    unsigned held = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
      held = (held << 8U) | static_cast<unsigned char>(c);
      for (bits += 8; bits >= 6; bits -= 6) out += base64_digits[(held >> (bits - 6)) & 63U];
    }
    if (bits > 0) out += base64_digits[(held << (6 - bits)) & 63U];
    return out;
  }

 private:
  static std::string_view alphabet(const std::string& name) {
    if (name == "digit") return base64_digits.substr(52, 10);
    if (name == "hex") return "0123456789abcdef";
    if (name == "alpha") return base64_digits.substr(0, 52);
    if (name == "base32") return "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    if (name == "base64") return base64_digits;
    if (name == "word") return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return base64_digits.substr(0, 62);
  }

  std::string pem(const std::string& label, std::size_t lines, std::string_view line_end) {
    std::string out = fmt::format("-----BEGIN {}-----{}", label, line_end);
    for (std::size_t i = 0; i < lines; ++i) out += some(base64_digits, 64) + std::string(line_end);
    return out + fmt::format("-----END {}-----", label);
  }

  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 33U;
  }

  std::uint64_t state_ = 7;
};

struct Forged {
  std::string text;      // with tokens
  std::string expected;  // with "[removed: ]" for each
  std::size_t tokens = 0;
};

// "⟪gh|p_|alnum:36⟫" becomes a token: no file of ours holds one that a scanner of repositories would find.
Forged forge(std::string_view source) {
  constexpr std::string_view open = "⟪";
  constexpr std::string_view close = "⟫";
  Forger forger;
  Forged out;
  for (auto at = source.find(open); at != std::string_view::npos; at = source.find(open)) {
    const auto end = source.find(close, at);
    out.text += source.substr(0, at);
    out.expected += source.substr(0, at);
    for (const auto& piece : text::split(source.substr(at + open.size(), end - at - open.size()), '|')) {
      out.text += forger.piece(piece);
    }
    out.expected += "[removed: ]";
    ++out.tokens;
    source.remove_prefix(end + close.size());
  }
  out.text += source;
  out.expected += source;
  return out;
}

// Which kind a token is found to be is not compared.
std::string without_names(std::string_view text) {
  constexpr std::string_view open = "[removed: ";
  std::string out;
  for (auto at = text.find(open); at != std::string_view::npos; at = text.find(open)) {
    out += text.substr(0, at + open.size());
    text.remove_prefix(text.find(']', at));
  }
  return out + std::string(text);
}

std::string streamed(const Redactor& redactor, std::string_view text, std::size_t piece) {
  StreamRedactor stream(redactor);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) out += stream.feed(text.substr(at, piece));
  return out + stream.finish();
}

// The first line in which they differ.
std::string difference(const std::string& is, const std::string& should) {
  const auto a = text::lines(is);
  const auto b = text::lines(should);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] != b[i]) return fmt::format("line {}: {}\nshould be {}", i + 1, a[i], b[i]);
  }
  return is == should ? "" : "another number of lines";
}

constexpr std::string_view key = "Zx81/kV+3=q\"n0t.a:real-key";

}  // namespace

TEST_CASE("secrets: each token of the corpus goes, and nothing but it", "[base][secrets]") {
  const Redactor redactor;
  for (const auto& path : files_in(source_directory() / "tests/golden/secrets/secret")) {
    for (const auto& line : text::split(read(path), '\n')) {
      CAPTURE(path.filename().string(), line);
      const auto forged = forge(line);
      CHECK(without_names(redactor.clean(forged.text)) == forged.expected);
      CHECK(redactor.clean(redactor.clean(forged.text)) == redactor.clean(forged.text));
      CHECK(redactor.finds_in(forged.text) == (forged.tokens > 0));
    }
    const auto whole = forge(read(path));
    for (const auto piece : std::vector<std::size_t>{1, 2, 3, 7, 64, 1000}) {
      CAPTURE(path.filename().string(), piece);
      CHECK(difference(without_names(streamed(redactor, whole.text, piece)), whole.expected).empty());
    }
  }
}

TEST_CASE("secrets: ordinary text comes through byte for byte", "[base][secrets]") {
  const Redactor redactor;
  for (const auto* directory : {"tests/golden/secrets/ordinary", "src", "docs", "man"}) {
    for (const auto& path : files_in(source_directory() / directory)) {
      CAPTURE(path.string());
      const auto text = read(path);
      CHECK(difference(redactor.clean(text), text).empty());
      CHECK(difference(streamed(redactor, text, 5), text) == "");
    }
  }
}

TEST_CASE("secrets: a value that is known goes in each common spelling", "[base][secrets]") {
  Redactor redactor;
  redactor.learn({{std::string(key), "MY_KEY"}});
  const auto in_json = text::replace_all(std::string(key), "\"", "\\\"");
  const std::vector<std::string> spelled = {
      fmt::format("x{}y", key),
      fmt::format(R"({{"k":"{}"}})", in_json),
      text::replace_all(in_json, "/", "\\/"),
      "Zx81%2FkV%2B3%3Dq%22n0t.a%3Areal-key",
      "zzZx81%2fkV%2b3%3dq%22n0t.a%3areal-key",
  };
  for (const auto& text : spelled) {
    CAPTURE(text, redactor.clean(text));
    CHECK(redactor.clean(text).find("[removed: MY_KEY]") != std::string::npos);
    CHECK(redactor.clean(text).find("real-key") == std::string::npos);
  }
  for (const auto* before : {"", "a", "ab", "abc", "user:"}) {
    const auto encoded = Forger::base64(std::string(before) + std::string(key) + "tail");
    CAPTURE(before, encoded, redactor.clean(encoded));
    CHECK(redactor.clean(encoded).find("[removed: MY_KEY]") != std::string::npos);
    CHECK(redactor.clean(encoded).find(encoded.substr(encoded.size() / 2, 8)) == std::string::npos);
  }
}

TEST_CASE("secrets: what is left of a known value at the end of a shortened text goes", "[base][secrets]") {
  Redactor redactor;
  redactor.learn({{std::string(key), "K"}});
  CHECK(redactor.clean("Bash curl -H Zx81/kV+3=q…") == "Bash curl -H [removed: secret]…");
  CHECK(redactor.clean("Bash curl -H Zx81/…") == "Bash curl -H Zx81/…");
}

TEST_CASE("secrets: a known value is found however its pieces come", "[base][secrets]") {
  Redactor redactor;
  redactor.learn({{std::string(key), "K"}, {std::string(key) + "-and-more-of-it", "LONGER"}});
  const auto text = fmt::format("Zx81/kV+{} and {}-and-more, {}-and-more-of-it. Zx81/kV+3=q\"n0t", key, key, key);
  const std::string expected = "Zx81/kV+[removed: K] and [removed: K]-and-more, [removed: LONGER]. Zx81/kV+3=q\"n0t";
  const auto piece = GENERATE(range(std::size_t{1}, std::size_t{160}));
  CAPTURE(piece);
  CHECK(streamed(redactor, text, piece) == expected);
}

TEST_CASE("secrets: of ordinary text hardly anything is held back", "[base][secrets]") {
  Redactor redactor;
  redactor.learn({{std::string(key), "K"}});
  StreamRedactor stream(redactor);
  const std::string text = "The tokens are read by the parser, which then builds a tree of them; see docs for more. ";
  std::size_t fed = 0;
  std::size_t given = 0;
  std::size_t most = 0;
  for (const char c : text) {
    given += stream.feed(std::string_view(&c, 1)).size();
    most = std::max(most, ++fed - given);
  }
  CHECK(most <= 10);
}

TEST_CASE("secrets: what has no end is let go at the limit", "[base][secrets]") {
  const Redactor redactor;
  StreamRedactor stream(redactor);
  const std::string text = "eyJ" + std::string(3 * StreamRedactor::max_held_bytes, 'a');
  std::string out;
  std::size_t most = 0;
  for (std::size_t at = 0; at < text.size(); at += 100) {
    out += stream.feed(std::string_view(text).substr(at, 100));
    most = std::max(most, at + 100 - out.size());
  }
  CHECK(most <= StreamRedactor::max_held_bytes + 100);
  CHECK(out + stream.finish() == text);
}

TEST_CASE("secrets: words, paths and stand-ins are no secrets, whatever their variable is called", "[base][secrets]") {
  struct Case {
    std::string value;
    Source source;
    bool removed;
  };
  const std::vector<Case> cases = {{"postgres", Source::variable, false},
                                   {"development", Source::variable, false},
                                   {"/run/secrets/db", Source::variable, false},
                                   {"12345678", Source::variable, false},
                                   {"s3cr3t!pw", Source::variable, true},
                                   {"not-needed", Source::key, false},
                                   {"test-key", Source::key, true},
                                   {"short7!", Source::key, false},
                                   {"correct-horse-battery-staple", Source::variable, true}};
  for (const auto& one : cases) {
    Redactor redactor;
    redactor.learn({{one.value, "NAME", one.source}});
    CAPTURE(one.value);
    CHECK(redactor.finds_in("it is " + one.value + " here") == one.removed);
  }
}

TEST_CASE("secrets: a variable is known by its name", "[base][secrets]") {
  for (const auto* name : {"ANTHROPIC_API_KEY", "github_token", "DB_PASSWORD", "MYSQL_PWD", "AWS_SECRET_ACCESS_KEY",
                           "GITHUB_PAT", "KEY", "TOKEN", "NPM_CONFIG__AUTHTOKEN"}) {
    CAPTURE(name);
    CHECK(is_secret_name(name));
  }
  for (const auto* name : {"PATH", "PWD", "OLDPWD", "HOME", "MONKEY", "GPG_KEY", "SSH_AUTH_SOCK", "KEYBOARD", "LANG"}) {
    CAPTURE(name);
    CHECK_FALSE(is_secret_name(name));
  }
}

TEST_CASE("secrets: time to clean text", "[.bench][secrets]") {
  std::string text;
  for (const auto& path : files_in(source_directory() / "src")) text += read(path);
  while (text.size() < (std::size_t{64} << 20U)) text += text;
  Redactor redactor;
  for (int i = 0; i < 20; ++i) redactor.learn({{fmt::format("kEy{}-{}", i, i * 7919), "K"}});
  const auto begin = std::chrono::steady_clock::now();
  const bool found = redactor.finds_in(text);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK_FALSE(found);
  fmt::print("{:.0f} MB/s\n", static_cast<double>(text.size()) / took.count() / 1e6);
}

}  // namespace errand::secrets
