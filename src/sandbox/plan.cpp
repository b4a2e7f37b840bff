#include "sandbox/plan.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "sandbox/beneath.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/place.hpp"
#include "sandbox/repository.hpp"

namespace errand::sandbox {

namespace {

enum class Missing { skip, refuse };

tl::unexpected<Error> refuse_link(const std::string& path) {
  return fail(ErrorKind::denied,
              fmt::format("the shell is refused because \"{}\" goes through a symbolic link, which can't be protected",
                          shown_path(path)),
              "replace the link by the file or directory it points to");
}

// Whether a link at `path` is let be. Links at `.env` are common and end at another file of the same kind.
bool may_be_link(const std::string& path) {
  return file_name(path).starts_with(".env");
}

// A repository without a directory of hooks gets an empty one, as `git init` makes it: a mount needs a place. Where it
// can't be made, a command can't make it either.
void make_hooks(int git_directory) {
  struct stat owner {};
  if (::mkdirat(git_directory, hooks_name.data(), 0755) != 0 || ::fstat(git_directory, &owner) != 0) return;
  [[maybe_unused]] const int only_root_can =
      ::fchownat(git_directory, hooks_name.data(), owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW);
}

class Planner {
 public:
  Planner(const SandboxPolicy& policy, const std::vector<Guarded>& guarded)
      : policy_(policy), guarded_(guarded), top_(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  Result<MountPlan> plan() {
    for (const auto& path : policy_.readable) ERRAND_TRY(add(path, MountKind::read_only, missing(path)));
    for (const auto& path : policy_.writable) ERRAND_TRY(add(path, MountKind::writable, missing(path)));
    for (const auto& path : policy_.shown) ERRAND_TRY(add(path, MountKind::read_only, Missing::skip));
    for (const auto& path : policy_.hidden) ERRAND_TRY(cover(path));
    for (const auto& guarded : guarded_) {
      for (const auto& path : guarded.paths) ERRAND_TRY(guard(path));
      for (const auto& path : guarded.forced) ERRAND_TRY(force(path));
    }
    for (const auto& path : find_guarded_in_workspace(policy_.workspace)) ERRAND_TRY(guard(path));
    ERRAND_TRY(pin_ancestors());
    return take();
  }

 private:
  struct Opened {
    Fd fd;
    mode_t mode = 0;
  };

  [[nodiscard]] Missing missing(const std::string& path) const {
    return path == policy_.workspace ? Missing::refuse : Missing::skip;
  }

  // Nothing when it is not there.
  Result<std::optional<Opened>> open(const std::string& path) const {
    Opened out;
    out.fd = open_beneath(top_.get(), path.substr(1), O_PATH);
    if (!out.fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (!out.fd && errno == ELOOP) return refuse_link(path);
    struct stat info {};
    if (!out.fd || ::fstat(out.fd.get(), &info) != 0) {
      return fail_errno(ErrorKind::failure, fmt::format("can't look at \"{}\"", shown_path(path)), errno);
    }
    out.mode = info.st_mode;
    return out;
  }

  // A later rule for the same path replaces an earlier one, as in place_of().
  Result<void> add(const std::string& path, MountKind kind, Missing missing) {
    ERRAND_TRY_ASSIGN(auto opened, open(path));
    if (!opened && missing == Missing::refuse) {
      return fail(ErrorKind::failure, fmt::format("the workspace \"{}\" is not there", shown_path(path)));
    }
    if (opened) put(path, kind, std::move(opened->fd));
    return {};
  }

  Result<void> cover(const std::string& path) {
    mounts_.erase(path);
    if (root_of(policy_, parent_path(path)).empty()) return {};
    ERRAND_TRY_ASSIGN(const auto opened, open(path));
    if (!opened) return {};
    put(path, S_ISDIR(opened->mode) ? MountKind::empty_directory : MountKind::unreadable_file, {});
    return {};
  }

  Result<void> guard(const std::string& path) {
    if (place_of(policy_, path) != Place::guarded && !leads_to_guarded(path)) return {};
    // What was found once may lie behind a link by now: then it is not there any more.
    const auto directory = open_beneath(top_.get(), parent_path(path).substr(1), O_PATH);
    if (!directory) return {};
    if (file_name(path) == hooks_name) make_hooks(directory.get());
    auto opened = open(path);
    if (!opened && opened.error().kind == ErrorKind::denied && may_be_link(path)) return {};
    if (!opened) return fail(std::move(opened).error());
    if (*opened) put(path, MountKind::read_only, std::move((*opened)->fd));
    return {};
  }

  Result<void> force(const std::string& path) {
    if (place_of(policy_, path) != Place::writable) return {};
    const auto opened = open(path);
    if (!opened) return {};  // a link, or gone meanwhile: nothing lies behind it
    if (file_name(path) == hooks_name && !*opened) {
      if (const auto directory = open_beneath(top_.get(), parent_path(path).substr(1), O_PATH)) {
        make_hooks(directory.get());
      }
    }
    return add(path, MountKind::read_only, Missing::skip);
  }

  // A link at `.github` is not guarded itself, but `.github/workflows` would be.
  [[nodiscard]] bool leads_to_guarded(const std::string& path) const {
    return std::ranges::any_of(guarded_pairs(), [&](std::string_view pair) {
      const auto whole = join_path(parent_path(path), pair);
      return is_within(whole, path) && place_of(policy_, whole) == Place::guarded;
    });
  }

  // Each writable directory above a mount becomes a mount point itself: those can't be renamed.
  Result<void> pin_ancestors() {
    std::vector<std::string> paths;
    for (const auto& [path, mount] : mounts_) paths.push_back(path);
    for (const auto& path : paths) {
      for (auto directory = parent_path(path); !mounts_.contains(directory); directory = parent_path(directory)) {
        if (!lies_in_writable(directory)) break;
        ERRAND_TRY(add(directory, MountKind::writable, Missing::skip));
      }
    }
    return {};
  }

  [[nodiscard]] bool lies_in_writable(std::string directory) const {
    while (directory != "/") {
      directory = parent_path(directory);
      const auto above = mounts_.find(directory);
      if (above != mounts_.end()) return above->second.kind == MountKind::writable;
    }
    return false;
  }

  void put(const std::string& path, MountKind kind, Fd fd) {
    mounts_[path] = {path, kind, fd.valid() ? fd.get() : -1};
    if (fd) kept_.push_back(std::move(fd));
  }

  MountPlan take() {
    MountPlan out;
    for (auto& [path, mount] : mounts_) out.mounts.push_back(std::move(mount));
    out.kept = std::move(kept_);
    return out;
  }

  const SandboxPolicy& policy_;
  const std::vector<Guarded>& guarded_;
  Fd top_;
  std::map<std::string, Mount> mounts_;  // sorted: parents come before what lies in them
  std::vector<Fd> kept_;
};

}  // namespace

Guarded GuardCache::guarded_below(const std::string& root) {
  return roots_.with([&](auto& roots) { return roots[root].find(root); });
}

std::vector<Guarded> find_guarded(const SandboxPolicy& policy, GuardCache& guards) {
  std::vector<Guarded> out;
  for (const auto& root : policy.writable) out.push_back(guards.guarded_below(root));
  return out;
}

Result<MountPlan> plan_mounts(const SandboxPolicy& policy, const std::vector<Guarded>& guarded) {
  return Planner(policy, guarded).plan();
}

}  // namespace errand::sandbox
