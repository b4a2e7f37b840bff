#include "base/glob.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/files.hpp"
#include "tool/walk.hpp"

namespace errand::tool {

namespace {

constexpr std::size_t max_results = 1000;

// More than the results are kept while walking, and thinned out to the newest now and then.
constexpr std::size_t max_kept = 8 * max_results;

const chat::ToolSpec glob_spec{
    .name = "Glob",
    .description = "Find files by name, e.g. \"src/**/*.{cpp,hpp}\"; newest first. Leaves out what .gitignore does.",
    .input_schema = R"({"type":"object","properties":{"pattern":{"type":"string","minLength":1},)"
                    R"("path":{"type":"string","description":"directory; default: the working directory"}},)"
                    R"("required":["pattern"],"additionalProperties":false})",
    .effect = chat::Effect::read,
    .parallel_safe = true,
};

struct Split {
  std::string directory;  // may be empty
  std::string pattern;
};

// The leading components without wildcards are where the search starts: it need not look elsewhere, and what is decided
// about the call is about that directory.
Split split(std::string_view pattern) {
  const auto wildcard = pattern.find_first_of("*?[{\\");
  const auto slash = pattern.substr(0, wildcard).rfind('/');
  if (slash == std::string_view::npos) return {{}, std::string(pattern)};
  return {std::string(pattern.substr(0, std::max<std::size_t>(slash, 1))), std::string(pattern.substr(slash + 1))};
}

std::string directory_of(const Json& input) {
  const auto path = string_at(input, "path", ".");
  const auto directory = split(string_at(input, "pattern")).directory;
  return directory.empty() ? path : join_path(path, directory);
}

struct Hit {
  timespec modified{};
  std::string path;  // relative to where the search starts
};

bool newer(const Hit& a, const Hit& b) {
  if (a.modified.tv_sec != b.modified.tv_sec) return a.modified.tv_sec > b.modified.tv_sec;
  if (a.modified.tv_nsec != b.modified.tv_nsec) return a.modified.tv_nsec > b.modified.tv_nsec;
  return a.path < b.path;
}

// The newest hits of all workers.
class Hits {
 public:
  void add(Hit hit) {
    const std::lock_guard lock(mutex_);
    ++total_;
    kept_.push_back(std::move(hit));
    if (kept_.size() < max_kept) return;
    std::ranges::nth_element(kept_, kept_.begin() + max_results, newer);
    kept_.resize(max_results);
  }

  // No worker runs any more.
  std::vector<Hit> newest() {
    std::ranges::sort(kept_, newer);
    if (kept_.size() > max_results) kept_.resize(max_results);
    return std::move(kept_);
  }
  [[nodiscard]] std::size_t total() const { return total_; }

 private:
  std::mutex mutex_;
  std::vector<Hit> kept_;
  std::size_t total_ = 0;
};

// A file called "[id].tsx" is meant as often as the set of characters.
bool matches(const std::vector<glob::Pattern>& patterns, std::string_view literal, std::string_view path) {
  return path == literal || std::ranges::any_of(patterns, [&](const auto& pattern) { return pattern.matches(path); });
}

class GlobTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return glob_spec; }

  [[nodiscard]] std::vector<Target> targets(const Json& input) const override { return {{directory_of(input), false}}; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto path = brief_at(input, "path");
    return fmt::format("Glob {}{}", brief_at(input, "pattern"), path.empty() ? "" : " in " + path);
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    const auto& directory = context.targets.at(0);
    auto pattern = split(string_at(input, "pattern")).pattern;
    if (pattern.empty()) pattern = "**";
    ERRAND_TRY_ASSIGN(const auto alternatives, glob::expand_braces(pattern));
    const std::vector<glob::Pattern> patterns(alternatives.begin(), alternatives.end());
    ERRAND_TRY_ASSIGN(auto root, open_walk_root(context, directory));

    Hits hits;
    const Visit visit = [&](const Found& found) -> Result<void> {
      struct stat info {};
      if (!matches(patterns, pattern, found.relative)) return {};
      if (::fstatat(found.directory_fd, found.name, &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
      hits.add({info.st_mtim, std::string(found.relative)});
      return {};
    };
    const WalkOptions options{.enter =
                                  [&](std::string_view relative) {
                                    return std::ranges::any_of(
                                        patterns, [&](const auto& p) { return p.may_match_below(relative); });
                                  },
                              .threads = walk_threads()};
    ERRAND_TRY(walk(
        std::move(root), context, options, [&] { return visit; }, call));
    return text_output(listing(context, directory.path, pattern, hits));
  }

 private:
  static std::string listing(const Context& context, const std::string& directory, const std::string& pattern,
                             Hits& hits) {
    if (hits.total() == 0) {
      return fmt::format("no files match \"{}\" in {}", text::ellipsize(pattern, 200),
                         context.files.display(directory));
    }
    std::string out;
    for (const auto& hit : hits.newest()) out += shown_path(context, join_path(directory, hit.path)) + '\n';
    if (hits.total() > max_results) {
      out += fmt::format("[the newest {} of {} files; narrow the pattern for others]\n", max_results, hits.total());
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<Tool> make_glob() {
  return std::make_unique<GlobTool>();
}

}  // namespace errand::tool
