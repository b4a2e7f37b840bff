#include "config/trust.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "config/lock.hpp"

namespace errand::config {

namespace {

// A line is the hash, a tab, and the directory with \t, \n and \\ escaped.
constexpr std::string_view heading = "# projects whose own settings are trusted; written by errand trust\n";
constexpr std::size_t hash_length = 64;
constexpr std::size_t max_bytes = std::size_t{16} << 20U;

std::string trust_file(const std::string& state_dir) {
  return join_path(state_dir, "trust");
}

std::string escape(std::string_view directory) {
  std::string out;
  for (const char c : directory) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return out;
}

bool is_hash(std::string_view text) {
  return text.size() == hash_length &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<std::vector<TrustRecord>> parse(std::string_view text, const std::string& file) {
  std::vector<TrustRecord> out;
  int number = 0;
  for (const auto& line : text::lines(text)) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto tab = line.find('\t');
    if (tab == std::string::npos || !is_hash(std::string_view(line).substr(0, tab))) {
      return fail(Error{.kind = ErrorKind::config,
                        .message = "the list of trusted projects is damaged",
                        .hint = "remove the line, or the file, and trust again",
                        .where = Location{file, number, 1},
                        .context = {}});
    }
    out.push_back({unescape(std::string_view(line).substr(tab + 1)), line.substr(0, tab)});
  }
  std::ranges::sort(out);
  return out;
}

Result<void> store(const std::string& state_dir, const std::vector<TrustRecord>& records) {
  std::string out(heading);
  for (const auto& record : records) out += fmt::format("{}\t{}\n", record.guarded_hash, escape(record.directory));
  return write_file_atomic(trust_file(state_dir), out, 0600);
}

Result<void> check_place(const std::string& state_dir) {
  if (!state_dir.empty()) return {};
  return fail(ErrorKind::config, "there is no place to remember trusted projects", "set HOME or XDG_STATE_HOME");
}

}  // namespace

Result<std::vector<TrustRecord>> trusted_projects(const std::string& state_dir) {
  if (state_dir.empty() || !path_exists(trust_file(state_dir))) return std::vector<TrustRecord>{};
  auto text = read_file(trust_file(state_dir), max_bytes);
  if (!text) {
    auto error = std::move(text).error();
    error.kind = ErrorKind::config;
    return fail(std::move(error));
  }
  return parse(*text, trust_file(state_dir));
}

Result<void> trust_project(const Configuration& config) {
  const auto& state_dir = config.sources.state_dir;
  if (config.project.guarded_hash.empty()) return {};  // nothing that needs it
  ERRAND_TRY(check_place(state_dir));
  ERRAND_TRY_ASSIGN(const auto held, lock_directory(state_dir));
  ERRAND_TRY_ASSIGN(auto records, trusted_projects(state_dir));
  TrustRecord trusted{config.project.root, config.project.guarded_hash};
  if (std::ranges::find(records, trusted) != records.end()) return {};
  records.push_back(std::move(trusted));
  std::ranges::sort(records);
  return store(state_dir, records);
}

Result<void> forget_project(const std::string& state_dir, const std::string& directory) {
  ERRAND_TRY(check_place(state_dir));
  ERRAND_TRY_ASSIGN(const auto held, lock_directory(state_dir));
  ERRAND_TRY_ASSIGN(auto records, trusted_projects(state_dir));
  if (std::erase_if(records, [&](const TrustRecord& record) { return record.directory == directory; }) == 0) {
    return fail(ErrorKind::failure, fmt::format("{} was not trusted", directory), "errand trust --list shows what is");
  }
  return store(state_dir, records);
}

}  // namespace errand::config
