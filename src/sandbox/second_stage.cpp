#include "sandbox/second_stage.hpp"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/try.hpp"

// The program as it was linked.
__asm__(
    ".pushsection .rodata\n"
    ".global errand_second_stage_begin\n"
    ".global errand_second_stage_end\n"
    ".hidden errand_second_stage_begin\n"
    ".hidden errand_second_stage_end\n"
    "errand_second_stage_begin:\n"
    ".incbin \"" ERRAND_SECOND_STAGE
    "\"\n"
    "errand_second_stage_end:\n"
    ".popsection\n");
extern "C" const char errand_second_stage_begin[];  // NOLINT: as the assembler calls it
extern "C" const char errand_second_stage_end[];    // NOLINT

namespace errand::sandbox {

namespace {

constexpr auto file_name = "errand-second-stage";
constexpr unsigned executable_flag = 0x10;  // MFD_EXEC, since Linux 6.3

std::string_view program() {
  return {errand_second_stage_begin, static_cast<std::size_t>(errand_second_stage_end - errand_second_stage_begin)};
}

// Before Linux 6.3 each such file can be executed; since then a system may say otherwise (vm.memfd_noexec).
Fd make_file() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd file(::memfd_create(file_name, flags | executable_flag));
  return file ? std::move(file) : Fd(::memfd_create(file_name, flags));
}

Result<Fd> make_image() {
  auto file = make_file();
  if (!file) return fail_errno(ErrorKind::denied, "no sandbox can be made: can't make a file in memory", errno);
  ERRAND_TRY(write_all(file.get(), program()));
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return fail_errno(ErrorKind::denied, "no sandbox can be made: can't seal a file in memory", errno);
  }
  return file;
}

}  // namespace

Result<SecondStage::Image> SecondStage::image() {
  return file_.with([](Fd& file) -> Result<Image> {
    if (!file) {
      ERRAND_TRY_ASSIGN(file, make_image());
    }
    const auto path = fmt::format("/proc/self/fd/{}", file.get());
    return Image{file.get(), ::access(path.c_str(), X_OK) == 0};
  });
}

}  // namespace errand::sandbox
