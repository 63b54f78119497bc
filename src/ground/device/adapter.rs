//! A graphics processor: buffers of 32-bit words, and programs in WGSL that run over them.

use super::DeviceError;
use std::sync::{Arc, Mutex};
use wgpu::{BufferUsages, DeviceType, ErrorFilter, PollType};

/// Words that are read back at a time.
const PIECE: usize = 1 << 24;

/// A graphics processor, or a program that acts as one.
pub struct Adapter {
    name: String,
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    /// What it said when it failed.
    fault: Arc<Mutex<Option<String>>>,
    cut: Cut,
    /// Texts in its programs and what stands in their place: tests plant errors so.
    planted: Vec<(String, String)>,
}

/// How work is cut up. No result depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Invocations of a workgroup.
    pub lanes: u32,
    /// The most that are asked for at once.
    pub most: usize,
}

/// There are no more than 65535 workgroups.
const CUT: Cut = Cut { lanes: 64, most: 1 << 21 };

/// Words in its memory.
pub struct Words {
    buffer: wgpu::Buffer,
    /// How many.
    pub count: usize,
}

/// An entry of a text in WGSL.
pub struct Program {
    pipeline: wgpu::ComputePipeline,
}

/// What it is, the fastest kind first.
fn rank(info: &wgpu::AdapterInfo) -> usize {
    match info.device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

/// How it is called.
fn title(info: &wgpu::AdapterInfo) -> String {
    let kind = match info.device_type {
        DeviceType::Cpu => ", a software adapter",
        _ => "",
    };
    format!("{} ({} {}{kind})", info.name, info.backend, info.driver_info)
}

impl Adapter {
    /// The first one, or the first one whose name has `name` in it; graphics processors come before software.
    ///
    /// # Errors
    /// There is none.
    pub fn open(name: Option<&str>) -> Result<Self, DeviceError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let mut all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        all.sort_by_key(|adapter| rank(&adapter.get_info()));
        let titles: Vec<String> = all.iter().map(|adapter| title(&adapter.get_info())).collect();
        let asked = name.unwrap_or_default().to_lowercase();
        let place = titles.iter().position(|title| title.to_lowercase().contains(&asked));
        let Some(place) = place else {
            return Err(DeviceError(match (name, &titles[..]) {
                (Some(name), [_, ..]) => format!(
                    "--device gpu:{name}: no adapter has that name; there are {}. Give a part of one, or --device cpu",
                    titles.join(", ")
                ),
                _ => "--device gpu: no graphics adapter is found. Install a driver of Vulkan (on Debian \
                      mesa-vulkan-drivers has one in software, too), or give --device cpu"
                    .into(),
            }));
        };
        let (adapter, name) = (&all[place], titles[place].clone());
        let limits = adapter.limits();
        let asked =
            wgpu::DeviceDescriptor { required_limits: limits.clone(), ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&asked))
            .map_err(|e| DeviceError(format!("{name} can not be used: {e}. Give --device cpu")))?;
        let fault = Arc::new(Mutex::new(None));
        let told = fault.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            told.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(error.to_string());
        }));
        Ok(Self { name, device, queue, limits, fault, cut: CUT, planted: Vec::new() })
    }

    /// The same with `with` in place of `text` in every program: tests plant errors so.
    pub fn planted(mut self, text: &str, with: &str) -> Self {
        self.planted.push((text.into(), with.into()));
        self
    }

    /// The same with work that is cut up in another way.
    pub fn cut_by(self, cut: Cut) -> Self {
        Self { cut, ..self }
    }

    /// How work is cut up.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// Its name, and what drives it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The most words that a program can see in one buffer.
    pub fn most_words(&self) -> usize {
        let limits = &self.limits;
        (limits.max_storage_buffer_binding_size.min(limits.max_buffer_size) / 4) as usize
    }

    /// Zeros in its memory.
    ///
    /// # Errors
    /// They do not fit.
    pub fn words(&self, count: usize) -> Result<Words, DeviceError> {
        let refused = |why: String| {
            Err(DeviceError(format!(
                "{} has no room for {} bytes at once ({why}). Lower cells.count or domain.grid, or give --device cpu",
                self.name,
                4 * count
            )))
        };
        if count > self.most_words() {
            return refused(format!("{} are the most", 4 * self.most_words()));
        }
        let scope = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 4 * count as u64,
            usage: BufferUsages::STORAGE
                | BufferUsages::UNIFORM
                | BufferUsages::COPY_DST
                | BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        match pollster::block_on(scope.pop()) {
            Some(error) => refused(error.to_string()),
            None => Ok(Words { buffer, count }),
        }
    }

    /// Writes words from number `first` on.
    pub fn write(&self, words: &Words, first: usize, values: &[u32]) {
        self.queue.write_buffer(&words.buffer, 4 * first as u64, bytemuck::cast_slice(values));
    }

    /// Makes all words 0.
    pub fn clear(&self, words: &Words) {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.clear_buffer(&words.buffer, 0, None);
        self.queue.submit([encoder.finish()]);
    }

    /// `count` words from number `first` on.
    ///
    /// # Errors
    /// It has failed.
    pub fn read(&self, words: &Words, first: usize, count: usize) -> Result<Vec<u32>, DeviceError> {
        let mut all = Vec::with_capacity(count);
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 4 * count.min(PIECE) as u64,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        while all.len() < count {
            let bytes = 4 * (count - all.len()).min(PIECE) as u64;
            let start = 4 * (first + all.len()) as u64;
            let mut encoder = self.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(&words.buffer, start, &staging, 0, bytes);
            self.queue.submit([encoder.finish()]);
            let slice = staging.slice(0..bytes);
            slice.map_async(wgpu::MapMode::Read, |_| {});
            self.wait()?;
            let mapped = slice.get_mapped_range().map_err(|e| self.failed(&e.to_string()))?;
            all.extend_from_slice(bytemuck::cast_slice(&mapped));
            drop(mapped);
            staging.unmap();
        }
        Ok(all)
    }

    /// The entry `entry` of a text, with these constants.
    ///
    /// # Errors
    /// It can not be compiled for this adapter.
    pub fn program(
        &self,
        text: &str,
        entry: &str,
        constants: &[(&str, f64)],
    ) -> Result<Program, DeviceError> {
        let mut text = text.to_string();
        for (before, after) in &self.planted {
            assert!(text.contains(before), "there is no {before:?} to plant an error in");
            text = text.replace(before, after);
        }
        let source = wgpu::ShaderSource::Wgsl(text.into());
        let module = self
            .device
            .create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(entry), source });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: None,
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants,
                ..Default::default()
            },
            cache: None,
        });
        self.sound()?;
        Ok(Program { pipeline })
    }

    /// Runs `groups` workgroups of a program, with the buffers by their numbers, and waits for them.
    ///
    /// # Errors
    /// It has failed.
    pub fn run(
        &self,
        program: &Program,
        buffers: &[(u32, &Words)],
        groups: u32,
    ) -> Result<(), DeviceError> {
        let entries: Vec<wgpu::BindGroupEntry<'_>> = buffers
            .iter()
            .map(|(binding, words)| wgpu::BindGroupEntry {
                binding: *binding,
                resource: words.buffer.as_entire_binding(),
            })
            .collect();
        let bound = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &program.pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&program.pipeline);
        pass.set_bind_group(0, &bound, &[]);
        pass.dispatch_workgroups(groups, 1, 1);
        drop(pass);
        self.queue.submit([encoder.finish()]);
        self.wait()
    }

    fn wait(&self) -> Result<(), DeviceError> {
        let waited = self.device.poll(PollType::wait_indefinitely());
        waited.map_err(|e| self.failed(&e.to_string()))?;
        self.sound()
    }

    fn sound(&self) -> Result<(), DeviceError> {
        let fault = self.fault.lock().unwrap_or_else(|e| e.into_inner());
        fault.as_ref().map_or(Ok(()), |why| Err(self.failed(why)))
    }

    fn failed(&self, why: &str) -> DeviceError {
        DeviceError(format!("{} has failed: {why}. Give --device cpu", self.name))
    }
}
