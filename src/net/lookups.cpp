#include "net/lookups.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/eventfd.h>

#include "base/fd.hpp"

namespace errand::net {

// Shared with the threads, which may outlive the Lookups they work for.
struct Lookups::State {
  struct Job {
    std::uint64_t ticket;
    std::string name;
  };

  LookUp look_up;
  int max_threads = 1;
  Fd readable;
  std::mutex mutex;
  std::deque<Job> jobs;
  std::vector<Answer> answers;
  int threads = 0;
  bool abandoned = false;

  // With the lock held.
  void answer(std::uint64_t ticket, Result<std::vector<Address>> addresses) {
    if (abandoned) return;
    answers.push_back({ticket, std::move(addresses)});
    ::eventfd_write(readable.get(), 1);
  }

  void work() {
    std::unique_lock lock(mutex);
    while (!jobs.empty() && !abandoned) {
      const auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      auto found = look_up(job.name);
      lock.lock();
      answer(job.ticket, std::move(found));
    }
    --threads;
  }
};

namespace {

tl::unexpected<Error> not_found(const std::string& name, std::string_view why) {
  auto error = Error{};
  error.kind = ErrorKind::unavailable;
  error.message = fmt::format("no address found for {}: {}", name, why);
  error.retryable = true;
  return fail(std::move(error));
}

}  // namespace

Result<std::vector<Address>> system_lookup(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  if (code != 0) return not_found(name, ::gai_strerror(code));
  std::vector<Address> out;
  for (const auto* at = list; at != nullptr; at = at->ai_next) {
    const auto address = at->ai_addr == nullptr ? std::nullopt : Address::of(*at->ai_addr);
    if (address && std::ranges::find(out, *address) == out.end()) out.push_back(*address);
  }
  if (out.empty()) return not_found(name, "the answer holds none");
  return out;
}

Lookups::Lookups(std::shared_ptr<State> state) : state_(std::move(state)) {}

Lookups::~Lookups() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->abandoned = true;
  state_->jobs.clear();
}

Result<Lookups> Lookups::make(LookUp look_up, int max_threads) {
  auto state = std::make_shared<State>();
  state->look_up = std::move(look_up);
  state->max_threads = max_threads;
  state->readable = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->readable) return fail_errno(ErrorKind::failure, "can't make an event descriptor", errno);
  return Lookups(std::move(state));
}

void Lookups::start(std::uint64_t ticket, const Host& host) {
  auto& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (host.address) return state.answer(ticket, std::vector{*host.address});
  if (host.name == "localhost") {
    return state.answer(ticket, std::vector{*Address::parse("127.0.0.1"), *Address::parse("::1")});
  }
  state.jobs.push_back({ticket, host.name});
  if (state.threads >= state.max_threads) return;
  try {
    std::thread([shared = state_] { shared->work(); }).detach();
    ++state.threads;
  } catch (const std::system_error&) {
    if (state.threads > 0) return;  // another one will come to it
    state.jobs.pop_back();
    state.answer(ticket, not_found(host.name, "no thread can be started to look it up"));
  }
}

int Lookups::fd() const {
  return state_->readable.get();
}

std::vector<Lookups::Answer> Lookups::take() {
  const std::lock_guard lock(state_->mutex);
  eventfd_t ignored = 0;
  ::eventfd_read(state_->readable.get(), &ignored);
  return std::exchange(state_->answers, {});
}

}  // namespace errand::net
