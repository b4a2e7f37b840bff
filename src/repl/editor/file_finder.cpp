#include "repl/editor/file_finder.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"

namespace errand::repl {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_ignore_bytes = std::size_t{1} << 20U;

// What a .gitignore says of all below the directory it lies in; `outer` is that of the directory above.
struct Ignored {
  std::shared_ptr<const Ignored> outer;
  std::string directory;  // absolute
  glob::IgnoreList patterns;
};

std::shared_ptr<const Ignored> with_ignore_file(std::shared_ptr<const Ignored> outer, const std::string& directory) {
  const auto path = join_path(directory, ".gitignore");
  if (!is_regular_file(path)) return outer;
  const auto content = read_file(path, max_ignore_bytes);
  if (!content) return outer;
  return std::make_shared<const Ignored>(Ignored{std::move(outer), directory, glob::IgnoreList::parse(*content)});
}

bool is_ignored(const Ignored* ignored, const std::string& path, glob::EntryKind kind) {
  for (; ignored != nullptr; ignored = ignored->outer.get()) {
    const auto relative = std::string_view(path).substr(ignored->directory.size() + 1);
    const auto verdict = ignored->patterns.verdict(relative, kind);
    if (verdict != glob::IgnoreList::Verdict::unmentioned) return verdict == glob::IgnoreList::Verdict::ignored;
  }
  return false;
}

// The ignore files from the top of the repository down to `directory`, without its own.
std::shared_ptr<const Ignored> from_above(const std::string& directory) {
  std::vector<std::string> above;
  auto at = directory;
  while (!path_exists(join_path(at, ".git"))) {
    const auto parent = parent_path(at);
    if (parent == at) return nullptr;  // no repository
    at = parent;
    above.push_back(at);
  }
  std::shared_ptr<const Ignored> out;
  for (auto one = above.rbegin(); one != above.rend(); ++one) out = with_ignore_file(std::move(out), *one);
  return out;
}

struct Directory {
  std::string path;      // absolute
  std::string relative;  // with a '/' at its end, or nothing
  std::shared_ptr<const Ignored> ignored;
};

// Breadth first: where it is cut off, what is missing lies deep.
std::vector<std::string> walk(const std::string& top, std::chrono::steady_clock::time_point until) {
  std::vector<std::string> out;
  std::deque<Directory> open;
  open.push_back({top, "", from_above(top)});
  while (!open.empty()) {
    auto directory = std::move(open.front());
    open.pop_front();
    const auto ignored = with_ignore_file(std::move(directory.ignored), directory.path);
    std::error_code error;
    for (fs::directory_iterator entry(directory.path, error), end; !error && entry != end; entry.increment(error)) {
      if (out.size() >= FileFinder::max_files || std::chrono::steady_clock::now() >= until) return out;
      const auto name = entry->path().filename().string();
      std::error_code unknown;
      const bool is_directory = entry->is_directory(unknown) && !entry->is_symlink(unknown);
      if (is_directory && name.starts_with('.')) continue;
      const auto path = join_path(directory.path, name);
      if (is_ignored(ignored.get(), path, is_directory ? glob::EntryKind::directory : glob::EntryKind::file)) continue;
      out.push_back(directory.relative + name + (is_directory ? "/" : ""));
      if (is_directory) open.push_back({path, out.back(), ignored});
    }
  }
  return out;
}

bool holds_in_order(std::string_view path, std::string_view query) {
  std::size_t at = 0;
  for (const char c : path) {
    if (at < query.size() && query[at] == c) ++at;
  }
  return at == query.size();
}

}  // namespace

std::size_t fuzzy_score(std::string_view path, std::string_view query) {
  const auto low = text::lower(path);
  const auto wanted = text::lower(query);
  const std::string_view trimmed = std::string_view(low).substr(0, low.size() - (low.ends_with('/') ? 1 : 0));
  const auto slash = trimmed.rfind('/');
  const auto name = slash == std::string_view::npos ? trimmed : trimmed.substr(slash + 1);
  if (low.starts_with(wanted)) return 5;
  if (name.starts_with(wanted)) return 4;
  if (name.find(wanted) != std::string_view::npos) return 3;
  if (low.find(wanted) != std::string::npos) return 2;
  return holds_in_order(low, wanted) ? 1 : 0;
}

// What a directory holds whose names begin so, without case.
std::vector<std::string> FileFinder::beginning_with(std::string_view query, std::size_t limit) const {
  const auto slash = query.rfind('/');
  const auto shown = query.substr(0, slash + 1);
  const auto begun = text::lower(query.substr(slash + 1));
  auto directory = std::string(shown);
  if (const char* home = std::getenv("HOME"); home != nullptr && shown.starts_with("~/"))
    directory = join_path(home, shown.substr(2));
  const auto until = std::chrono::steady_clock::now() + time_limit;
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator entry(join_path(directory_, directory), error), end; !error && entry != end;
       entry.increment(error)) {
    if (out.size() >= max_files || std::chrono::steady_clock::now() >= until) break;
    const auto name = entry->path().filename().string();
    if (!text::lower(name).starts_with(begun) || (name.starts_with('.') && !begun.starts_with('.'))) continue;
    std::error_code unknown;
    out.push_back(std::string(shown) + name + (entry->is_directory(unknown) ? "/" : ""));
  }
  std::ranges::sort(out);
  out.resize(std::min(out.size(), limit));
  return out;
}

std::vector<std::string> FileFinder::find(std::string_view query, std::size_t limit) {
  constexpr std::array<std::string_view, 4> places = {"/", "~/", "./", "../"};
  if (std::ranges::any_of(places, [&](std::string_view place) { return query.starts_with(place); }))
    return beginning_with(query, limit);
  const auto now = std::chrono::steady_clock::now();
  if (paths_.empty() || now - walked_ > good_for) {
    paths_ = walk(directory_, now + time_limit);
    walked_ = now;
  }
  struct Match {
    std::size_t score;
    std::size_t depth;
    std::string_view path;
  };
  std::vector<Match> matches;
  for (const auto& path : paths_) {
    const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end() - 1, '/'));
    if (query.empty() && depth > 0) continue;
    if (const auto score = fuzzy_score(path, query); score > 0) matches.push_back({score, depth, path});
  }
  std::ranges::sort(matches, [](const Match& a, const Match& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.depth != b.depth ? a.depth < b.depth : a.path < b.path;
  });
  std::vector<std::string> out;
  for (const auto& match : matches) {
    if (out.size() >= limit) break;
    out.emplace_back(match.path);
  }
  return out;
}

}  // namespace errand::repl
