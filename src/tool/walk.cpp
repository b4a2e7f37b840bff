#include "tool/walk.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"

namespace errand::tool {

namespace {

constexpr int max_depth = 128;
constexpr std::size_t max_ignore_file_bytes = 1U << 20U;

// Files of one directory that one worker takes at a time.
constexpr std::size_t batch_files = 64;

constexpr std::array<std::string_view, 4> version_control = {".git", ".hg", ".svn", ".jj"};

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

std::string with_slash(std::string_view directory) {
  return directory.ends_with('/') ? std::string(directory) : std::string(directory) + '/';
}

bool is_ignored(const IgnoreScope* scope, std::string_view path, glob::EntryKind kind) {
  for (; scope != nullptr; scope = scope->outer.get()) {
    const auto verdict = scope->patterns.verdict(path.substr(scope->prefix_bytes), kind);
    if (verdict != glob::IgnoreList::Verdict::unmentioned) return verdict == glob::IgnoreList::Verdict::ignored;
  }
  return false;
}

// `outer` with the ignore file `name` of a directory; `outer` itself when there is none or it can't be read.
std::shared_ptr<const IgnoreScope> with_ignore_file(std::shared_ptr<const IgnoreScope> outer, int directory_fd,
                                                    const char* name, std::string_view directory) {
  const Fd fd(::openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return outer;
  const auto content = read_all(fd.get(), max_ignore_file_bytes);
  if (!content) return outer;
  auto patterns = glob::IgnoreList::parse(*content);
  if (patterns.empty()) return outer;
  return std::make_shared<const IgnoreScope>(
      IgnoreScope{std::move(outer), with_slash(directory).size(), std::move(patterns)});
}

// .git/info/exclude of a repository, opened step by step so that no link is followed.
std::shared_ptr<const IgnoreScope> with_exclude_file(std::shared_ptr<const IgnoreScope> outer, int directory_fd,
                                                     std::string_view directory) {
  const Fd git(::openat(directory_fd, ".git", directory_flags));
  if (!git) return outer;
  const Fd info(::openat(git.get(), "info", directory_flags));
  if (!info) return outer;
  return with_ignore_file(std::move(outer), info.get(), "exclude", directory);
}

bool has_repository(int directory_fd) {
  struct stat info {};
  return ::fstatat(directory_fd, ".git", &info, AT_SYMLINK_NOFOLLOW) == 0;
}

// The outermost root of the policy that holds `path`; `path` itself beyond them all.
std::string outermost_root(const sandbox::SandboxPolicy& policy, const std::string& path) {
  std::string best = path;
  for (const auto* roots : {&policy.writable, &policy.readable}) {
    for (const auto& root : *roots) {
      if (is_within(path, root) && root.size() < best.size()) best = root;
    }
  }
  return best;
}

// A directory that is being walked; open as long as work in it is left.
struct Directory {
  Fd fd;
  std::string path;      // absolute, with its '/'
  std::string relative;  // to the root, with its '/' unless empty
  std::shared_ptr<const IgnoreScope> ignore;
  int depth = 0;
};

struct Name {
  std::string name;
  FoundKind kind;
};

// A directory to list, or some files of one to visit.
struct Task {
  std::shared_ptr<const Directory> parent;
  std::string subdirectory;
  std::vector<Name> files;
};

struct Listing {
  std::vector<Name> files;
  std::vector<std::string> directories;
};

std::optional<unsigned char> type_of(int directory_fd, const dirent64& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type;
  struct stat info {};
  if (::fstatat(directory_fd, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return static_cast<unsigned char>(IFTODT(info.st_mode));
}

std::optional<Listing> list(int fd) {
  Listing out;
  alignas(dirent64) std::array<char, 32768> buffer;
  while (true) {
    const auto got = ::getdents64(fd, buffer.data(), buffer.size());
    if (got < 0) return std::nullopt;
    if (got == 0) return out;
    for (std::ptrdiff_t at = 0; at < got;) {
      const auto& entry = *reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry.d_reclen;
      const std::string_view name = entry.d_name;
      if (name == "." || name == ".." || std::ranges::find(version_control, name) != version_control.end()) continue;
      const auto type = type_of(fd, entry);
      if (type == DT_DIR) out.directories.emplace_back(name);
      if (type == DT_REG) out.files.push_back({std::string(name), FoundKind::file});
      if (type == DT_LNK) out.files.push_back({std::string(name), FoundKind::link});
    }
  }
}

// The last task in is the first out: the walk goes deep before it goes wide, which bounds the directories held open.
class Walker {
 public:
  Walker(const Context& context, const WalkOptions& options, const Call& call)
      : context_(context), options_(options), call_(call) {}

  void start(std::shared_ptr<Directory> root) { list_directory(std::move(root)); }

  void work(const Visit& visit) {
    while (auto task = next()) {
      auto done = call_.check();
      if (done) done = run(std::move(*task), visit);
      finished_one(std::move(done));
    }
  }

  Result<WalkStats> result() {
    if (error_) return fail(*std::move(error_));
    return stats_;
  }

 private:
  std::optional<Task> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || !tasks_.empty() || running_ == 0; });
    if (error_ || tasks_.empty()) return std::nullopt;
    auto task = std::move(tasks_.back());
    tasks_.pop_back();
    ++running_;
    return task;
  }

  void finished_one(Result<void> done) {
    const std::lock_guard lock(mutex_);
    --running_;
    if (!done && !error_) error_ = std::move(done).error();
    if (error_ || (running_ == 0 && tasks_.empty())) changed_.notify_all();
  }

  void push(std::vector<Task> tasks) {
    if (tasks.empty()) return;
    const std::lock_guard lock(mutex_);
    for (auto& task : tasks) tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  Result<void> run(Task task, const Visit& visit) {
    if (!task.files.empty()) return visit_files(*task.parent, task.files, visit);
    const auto& parent = *task.parent;
    auto directory = std::make_shared<Directory>();
    directory->fd = Fd(::openat(parent.fd.get(), task.subdirectory.c_str(), directory_flags));
    if (!directory->fd) {
      count_unreadable();
      return {};
    }
    directory->path = parent.path + task.subdirectory + '/';
    directory->relative = parent.relative + task.subdirectory + '/';
    directory->ignore = parent.ignore;
    directory->depth = parent.depth + 1;
    task.parent.reset();  // closes it when this was its last
    list_directory(std::move(directory));
    return {};
  }

  void list_directory(std::shared_ptr<Directory> directory) {
    auto listing = list(directory->fd.get());
    if (!listing) return count_unreadable();
    if (std::ranges::find(listing->files, ".gitignore", &Name::name) != listing->files.end()) {
      directory->ignore =
          with_ignore_file(std::move(directory->ignore), directory->fd.get(), ".gitignore", directory->path);
    }
    std::vector<Task> tasks;
    for (auto& name : listing->directories) {
      if (enters(*directory, name)) tasks.push_back({directory, std::move(name), {}});
    }
    for (std::size_t i = 0; i < listing->files.size(); i += batch_files) {
      Task batch{directory, {}, {}};
      const auto end = std::min(listing->files.size(), i + batch_files);
      for (auto j = i; j < end; ++j) batch.files.push_back(std::move(listing->files[j]));
      tasks.push_back(std::move(batch));
    }
    push(std::move(tasks));
  }

  [[nodiscard]] bool enters(const Directory& directory, const std::string& name) const {
    if (directory.depth >= max_depth) return false;
    const auto path = directory.path + name;
    if (is_ignored(directory.ignore.get(), path, glob::EntryKind::directory)) return false;
    if (!context_.files.visible(path)) return false;
    return !options_.enter || options_.enter(directory.relative + name);
  }

  Result<void> visit_files(const Directory& directory, const std::vector<Name>& files, const Visit& visit) {
    auto path = directory.path;
    auto relative = directory.relative;
    for (const auto& [name, kind] : files) {
      path.resize(directory.path.size());
      relative.resize(directory.relative.size());
      path += name;
      relative += name;
      if (is_ignored(directory.ignore.get(), path, glob::EntryKind::file)) continue;
      if (!context_.files.visible(path) || (context_.may_read && !context_.may_read(path))) continue;
      ERRAND_TRY(visit({directory.fd.get(), path, relative, name.c_str(), kind}));
    }
    return {};
  }

  void count_unreadable() {
    const std::lock_guard lock(mutex_);
    ++stats_.unreadable;
  }

  const Context& context_;
  const WalkOptions& options_;
  const Call& call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  int running_ = 0;
  std::optional<Error> error_;
  WalkStats stats_;
};

}  // namespace

Result<WalkRoot> open_walk_root(const Context& context, const sandbox::Resolved& directory) {
  WalkRoot out;
  ERRAND_TRY_ASSIGN(out.fd, context.files.open_directory(directory, context.leave));
  out.path = directory.path;
  if (has_repository(out.fd.get())) {
    out.ignore = with_exclude_file(nullptr, out.fd.get(), out.path);
    return out;
  }
  struct Parent {
    Fd fd;
    std::string path;
  };
  std::vector<Parent> parents;  // innermost first
  const auto root = outermost_root(context.files.policy(), directory.path);
  for (auto path = directory.path; path != root && path != "/";) {
    path = parent_path(path);
    auto fd = context.files.open_directory({path, directory.place, true}, context.leave);
    if (!fd) break;
    parents.push_back({*std::move(fd), path});
    if (has_repository(parents.back().fd.get())) break;
  }
  for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent) {
    if (parent == parents.rbegin()) out.ignore = with_exclude_file(nullptr, parent->fd.get(), parent->path);
    out.ignore = with_ignore_file(std::move(out.ignore), parent->fd.get(), ".gitignore", parent->path);
  }
  return out;
}

Result<WalkStats> walk(WalkRoot root, const Context& context, const WalkOptions& options,
                       const std::function<Visit()>& make_visit, const Call& call) {
  ERRAND_TRY(call.check());
  Walker walker(context, options, call);
  auto top = std::make_shared<Directory>();
  top->fd = std::move(root.fd);
  top->path = with_slash(root.path);
  top->ignore = std::move(root.ignore);
  walker.start(std::move(top));
  {
    std::vector<std::jthread> helpers;
    for (int i = 1; i < options.threads; ++i) {
      helpers.emplace_back([&walker, visit = make_visit()] { walker.work(visit); });
    }
    walker.work(make_visit());
  }
  return walker.result();
}

int walk_threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
}

}  // namespace errand::tool
