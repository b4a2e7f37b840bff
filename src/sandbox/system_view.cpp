#include "sandbox/system_view.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"

namespace errand::sandbox {

namespace {

constexpr auto program_directories =
    std::to_array<const char*>({"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"});

// Needed whole by programs below /usr, and free of secrets. Each costs a mount (some 0.1 ms a command), so small files
// are copied instead. Not here on purpose: shadow, ssh, ssl/private, netrc-like files, npmrc, pip.conf, apt's.
constexpr auto etc_directories =
    std::to_array<const char*>({"/etc/R", "/etc/alternatives", "/etc/fonts", "/etc/ghc", "/etc/java", "/etc/maven",
                                "/etc/pki/tls/certs", "/etc/ssl/certs", "/etc/texmf"});
constexpr std::string_view java_prefix = "java-";  // /etc/java-17-openjdk …

constexpr auto etc_files = std::to_array<const char*>({"/etc/gitconfig", "/etc/host.conf", "/etc/ld.so.cache",
                                                       "/etc/localtime", "/etc/os-release", "/etc/protocols",
                                                       "/etc/services", "/etc/ssl/openssl.cnf", "/etc/timezone"});
constexpr auto network_files = std::to_array<const char*>({"/etc/gai.conf", "/etc/hosts", "/etc/resolv.conf"});

constexpr off_t max_copied_bytes = 4 << 20;

std::string link_target(const char* path) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(path, target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

void add_program_directories(SystemView& view) {
  view.directories.emplace_back("/usr");
  for (const char* path : program_directories) {
    if (const auto target = link_target(path); !target.empty()) {
      view.links.push_back({target, path});
    } else if (is_directory(path)) {
      view.directories.emplace_back(path);
    }
  }
}

void add_etc(SystemView& view) {
  for (const char* path : etc_directories) {
    if (is_directory(path)) view.directories.emplace_back(path);
  }
  std::error_code unreadable;  // then there is no Java to look for
  for (const auto& entry : std::filesystem::directory_iterator("/etc", unreadable)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(java_prefix) && entry.is_directory(unreadable)) view.directories.push_back(entry.path());
  }
  for (const char* path : etc_files) {
    if (is_regular_file(path)) view.copied_files.emplace_back(path);
  }
  view.links.push_back({"/proc/self/mounts", "/etc/mtab"});
}

Result<void> add_text(OwnFiles& out, std::string path, const std::string& content) {
  ERRAND_TRY_ASSIGN(auto file, memory_file(content));
  out.files.push_back({std::move(path), file.get()});
  out.kept.push_back(std::move(file));
  return {};
}

// What went away or grew beyond reason since it was looked at is left out.
void add_copy(OwnFiles& out, const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > max_copied_bytes) return;
  out.files.push_back({path, file.get()});
  out.kept.push_back(std::move(file));
}

}  // namespace

SystemView look_at_system() {
  SystemView view;
  add_program_directories(view);
  add_etc(view);
  view.has_sysrq = path_exists("/proc/sysrq-trigger");
  return view;
}

Result<OwnFiles> open_own_files(const SystemView& system, const std::string& home, NetworkAccess network) {
  OwnFiles out;
  ERRAND_TRY(add_text(out, "/etc/passwd",
                      fmt::format("root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:{}:/bin/bash\n"
                                  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                                  home)));
  ERRAND_TRY(add_text(out, "/etc/group", "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n"));
  ERRAND_TRY(add_text(out, "/etc/nsswitch.conf",
                      "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"));
  if (network == NetworkAccess::full) {
    for (const char* path : network_files) add_copy(out, path);
  } else {
    ERRAND_TRY(add_text(out, "/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"));
  }
  for (const auto& path : system.copied_files) add_copy(out, path);
  return out;
}

}  // namespace errand::sandbox
